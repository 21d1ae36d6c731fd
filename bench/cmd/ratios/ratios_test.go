package main

import (
	"strings"
	"testing"
)

// table returns the lines of the table made from the output of go test, fields parted by single blanks.
func table(t *testing.T, output string) []string {
	t.Helper()
	benchmarks, err := read(strings.NewReader(output))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := write(&out, pairs(benchmarks)); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(out.String()) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	return lines
}

func TestTable(t *testing.T) {
	lines := table(t, `goos: linux
pkg: raftlab/bench/labgob
BenchmarkMessage/small/raftlab-2         	 1000	      2000 ns/op	  100 B/op	   4 allocs/op
BenchmarkMessage/small/freshgob-2        	  100	     25000 ns/op	 1050 B/op	   4 allocs/op
BenchmarkMessage/large/raftlab-2         	  100	   1500000 ns/op	  12.5 MB/s	  0 B/op	   0 allocs/op
BenchmarkMessage/large/freshgob-2        	   10	   1500000 ns/op	  12.5 MB/s	  64 B/op	   0 allocs/op
BenchmarkAlone-2                         	   10	        10 ns/op
PASS
pkg: raftlab/bench/core
BenchmarkCommit/nodes-3/etcd             	   10	      6700 ns/op
BenchmarkCommit/nodes-3/raftlab          	   10	      3350 ns/op
BenchmarkCommit/nodes-3/hashicorp        	   10	   2000.5 ns/op
BenchmarkOther/nodes-3/etcd              	   10	        10 ns/op
ok  	raftlab/bench/core	1.2s
`)
	want := []string{
		"BENCHMARK OURS THEIRS RIVAL TIME BYTES ALLOCS",
		"labgob Message/small 2.00 µs 25.0 µs freshgob 12.5× 10.5× 1.00×",
		"labgob Message/large 1.50 ms 1.50 ms freshgob 1.00× ∞ 1.00×",
		"core Commit/nodes-3 3.35 µs 6.70 µs etcd 2.00× – –",
		"core Commit/nodes-3 3.35 µs 2.00 µs hashicorp 0.60× – –",
	}
	for i, w := range want {
		if i >= len(lines) || lines[i] != w {
			t.Fatalf("line %d of\n%s\nwant %s", i+1, strings.Join(lines, "\n"), w)
		}
	}
	if last := lines[len(want):]; len(last) != 2 || !strings.HasPrefix(last[1], "A ratio is") {
		t.Errorf("the table ends with %q", last)
	}
}

func TestMedians(t *testing.T) {
	lines := table(t, `pkg: x
BenchmarkA/raftlab-8 1 10 ns/op
BenchmarkA/rival-8 1 100 ns/op
BenchmarkA/raftlab-8 1 9000 ns/op
BenchmarkA/rival-8 1 300 ns/op
BenchmarkA/raftlab-8 1 20 ns/op
`)
	if want := "x A 20.0 ns 200 ns rival 10.0×"; !strings.HasPrefix(lines[1], want) {
		t.Errorf("line is %q, want %q: medians of an odd and an even number of runs", lines[1], want)
	}
}

func TestSamePackageNamesApart(t *testing.T) {
	benchmarks, err := read(strings.NewReader("pkg: a\nBenchmarkA/raftlab 1 1 ns/op\npkg: b\nBenchmarkA/rival 1 1 ns/op\n"))
	if err != nil || len(pairs(benchmarks)) != 0 {
		t.Errorf("%d pairs across packages, %v", len(pairs(benchmarks)), err)
	}
}

func TestNothingToCompare(t *testing.T) {
	var out strings.Builder
	if err := write(&out, nil); err == nil || !strings.Contains(err.Error(), "sibling") || out.Len() > 0 {
		t.Errorf("error %v, output %q", err, out.String())
	}
}

func TestBadInput(t *testing.T) {
	for input, says := range map[string]string{
		"--- FAIL: BenchmarkA\n":             "the benchmarks failed",
		"FAIL\traftlab/bench [build failed]": "the benchmarks failed",
		"BenchmarkA/raftlab 1 ten ns/op\n":   `"ten" is not a number`,
	} {
		if _, err := read(strings.NewReader(input)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: error %v, want one that says %q", input, err, says)
		}
	}
}
