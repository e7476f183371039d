package util // want `util/util.go is outside the house: code lives in actors/`
