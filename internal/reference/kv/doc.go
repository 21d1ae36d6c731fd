// Package kv holds tests of what our own key/value service promises beyond the lab's API, and of what the
// lab's scenarios find in services that are broken.
//
// The broken ones are one simple service, correct and on the lab's API alone, that can be given flaws: each
// scenario of parts 3A and 3B must fail on the flaws that it is there for, and pass without any.
package kv
