package hclog
