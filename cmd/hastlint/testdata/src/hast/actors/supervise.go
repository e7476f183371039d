package actors

import "github.com/asynkron/protoactor-go/actor"

func props(p func() actor.Actor) *actor.Props { return actor.PropsFromProducer(p) }
