// Command program prints what the package in raft's place does, and compares metered copies of packages of the
// standard library with the originals.
package main

import (
	"bytes"
	"compress/flate"
	"encoding/xml"
	"fmt"
	"go/parser"
	"go/printer"
	"go/token"
	"io"
	"os"
	"regexp"
	"strings"

	"raftlab/raft"
	flate2 "raftlab/raft/std/compress/flate"
	xml2 "raftlab/raft/std/encoding/xml"
	printer2 "raftlab/raft/std/go/printer"
	regexp2 "raftlab/raft/std/regexp"
)

func main() {
	fmt.Print(raft.Run())
	text := strings.Repeat("func (rf *Raft) ticker() { for !rf.killed() { time.Sleep(10) } } // é\n", 50)
	for name, same := range map[string]bool{
		"regexp": fmt.Sprint(regexp.MustCompile(`(\w+)\.(\w+?)(é*)\(`).FindAllStringSubmatchIndex(text, -1)) ==
			fmt.Sprint(regexp2.MustCompile(`(\w+)\.(\w+?)(é*)\(`).FindAllStringSubmatchIndex(text, -1)),
		"flate":   flated(text, false) == flated(text, true),
		"printer": printed(text, printer.Fprint) == printed(text, printer2.Fprint),
		"xml":     marshalled(xml.MarshalIndent) == marshalled(xml2.MarshalIndent),
	} {
		if !same {
			fmt.Println("differs:", name)
			os.Exit(1)
		}
	}
	fmt.Println("all done")
}

func flated(text string, metered bool) string {
	var b bytes.Buffer
	var w io.WriteCloser
	if metered {
		w, _ = flate2.NewWriter(&b, 9)
	} else {
		w, _ = flate.NewWriter(&b, 9)
	}
	io.WriteString(w, text)
	w.Close()
	var r io.Reader
	if metered {
		r = flate2.NewReader(bytes.NewReader(b.Bytes()))
	} else {
		r = flate.NewReader(bytes.NewReader(b.Bytes()))
	}
	back, err := io.ReadAll(r)
	return fmt.Sprint(b.Len(), string(back) == text, err)
}

func printed(text string, print func(io.Writer, *token.FileSet, any) error) string {
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, "x.go", "package x\n"+text, parser.ParseComments)
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	return fmt.Sprint(print(&b, fset, tree), b.String())
}

func marshalled(marshal func(any, string, string) ([]byte, error)) string {
	type entry struct {
		Term  int      `xml:"term,attr"`
		Words []string `xml:"words>word"`
	}
	out, err := marshal([]entry{{1, []string{"a", "<b>"}}, {2, nil}}, "", " ")
	return fmt.Sprint(string(out), err)
}
