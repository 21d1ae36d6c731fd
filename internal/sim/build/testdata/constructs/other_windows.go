package raft

import "no/such/package"

func elsewhere() { for { <-other } }
