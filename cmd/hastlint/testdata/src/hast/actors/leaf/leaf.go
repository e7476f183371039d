// Package leaf imports nothing, so that any package here can import it without a circle.
package leaf
