package nbd

import (
	"fmt"
	"net/url"
	"strings"
)

const scheme = "nbd+unix"

// URI is where clients find an export: nbd+unix:///NAME?socket=PATH, as in the NBD URI specification
// (https://github.com/NetworkBlockDevice/nbd/blob/master/doc/uri.md).
func URI(export, socket string) string {
	// QueryEscape writes a space as "+", which not all clients' URI parsers undo.
	query := strings.ReplaceAll(url.QueryEscape(socket), "+", "%20")
	query = strings.ReplaceAll(query, "%2F", "/")
	return scheme + ":///" + url.PathEscape(export) + "?socket=" + query
}

// ParseURI takes such a URI apart.
func ParseURI(uri string) (export, socket string, err error) {
	u, err := url.Parse(uri)
	if err != nil {
		return "", "", fmt.Errorf("NBD URI: %w", err)
	}
	if u.Scheme != scheme {
		return "", "", fmt.Errorf("NBD URI %q: the scheme must be %s", uri, scheme)
	}
	if u.Host != "" || u.User != nil {
		return "", "", fmt.Errorf("NBD URI %q: a unix socket has no host; write %s:///NAME?socket=PATH", uri, scheme)
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return "", "", fmt.Errorf("NBD URI %q: %w", uri, err)
	}
	socket = query.Get("socket")
	if socket == "" {
		return "", "", fmt.Errorf("NBD URI %q: the socket is missing; write %s:///NAME?socket=PATH", uri, scheme)
	}
	return strings.TrimPrefix(u.Path, "/"), socket, nil
}
