package actors

// flow is gate's own part of a request.
type flow struct{}

// opUse says which of localdisk's turns a disk operation belongs to.
type opUse uint8

// served is a peer's request at the secondary.
type served struct{}

// metaTurn is a write of metadata or map under way.
type metaTurn struct{}
