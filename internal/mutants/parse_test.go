package mutants

import (
	"slices"
	"strings"
	"testing"
)

const sound = `mistake: does wrong
breaks: something
caught by: TestRejoin2B TestBackup2B
detector: race

--- raft/raft.go
 before
-old
+new

+more
 anchor
--- raft/core/log.go
-gone
`

func TestParse(t *testing.T) {
	m, err := Parse("R7b", sound)
	if err != nil {
		t.Fatal(err)
	}
	if m.ID != "R7b" || m.Mistake != "does wrong" || m.Breaks != "something" || m.Fate != Caught || m.Detector != race ||
		!slices.Equal(m.Catchers, []string{"TestRejoin2B", "TestBackup2B"}) {
		t.Errorf("the head is read as %+v", m)
	}
	want := []Hunk{
		{"raft/raft.go", "before\nold", "before\nnew"},
		{"raft/raft.go", "anchor", "more\nanchor"},
		{"raft/core/log.go", "gone", ""},
	}
	if !slices.Equal(m.Hunks, want) {
		t.Errorf("the patch is read as %q, want %q", m.Hunks, want)
	}
	text := "before\nold\nanchor\n"
	for _, h := range m.Hunks[:2] {
		if text, err = h.apply(text); err != nil {
			t.Fatal(err)
		}
	}
	if text != "before\nnew\nmore\nanchor\n" {
		t.Errorf("patched: %q", text)
	}
}

func TestParseRefuses(t *testing.T) {
	change := func(old, new string) string { return strings.Replace(sound, old, new, 1) }
	for _, c := range []struct{ id, text, want string }{
		{"7", sound, `1: "7" is no id`},
		{"Q7", sound, `1: "Q7" is no id`},
		{"R7", change("mistake: does wrong\n", ""), "no line mistake"},
		{"R7", change("breaks: something\n", ""), "no line breaks"},
		{"R7", change("caught by: TestRejoin2B TestBackup2B\n", ""), "does not say what must come of it"},
		{"R7", change("TestRejoin2B", "TestRejoin2C"), "3: no scenario of raft is called TestRejoin2C"},
		{"R7", change("TestRejoin2B", "TestSpeed3A"), "3: no scenario of raft is called TestSpeed3A"},
		{"R7", change("race\n", "race\nsurvives: it does\n"), "5: \"caught by\" and \"survives\""},
		{"R7", change("detector", "detektor"), "4: \"detektor: race\": no head has such a line"},
		{"K7", sound, "3: no scenario of kvraft is called TestRejoin2B"},
		{"A7", change("caught by: TestRejoin2B TestBackup2B", "correct: it is\nsolution: plain"), "a solution has no patch"},
		{"A7", change("caught by: TestRejoin2B TestBackup2B", "correct: it is\nsolution: ../x"), "no head has such a line"},
		{"R7", change("breaks: something", "breaks"), "2: \"breaks\" is not KEY: VALUE"},
		{"R7", change("--- raft/raft.go\n", ""), "6: the patch must begin with --- FILE"},
		{"R7", change(" anchor", "anchor"), "12: a line of a patch begins with"},
		{"R7", change(" anchor\n", ""), "the hunk before this line does not say where it belongs"},
		{"R7", sound[:strings.Index(sound, "\n\n")], "there is no patch"},
	} {
		if _, err := Parse(c.id, c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v, want one that says %q", c.text, err, c.want)
		}
	}
}

// Patches do not see what is there for the handout alone.
func TestMarksAreNotSeen(t *testing.T) {
	text := "a\n\t// BEGIN SOLUTION\n\t// BEGIN PROMPT\n\t// x := 1\n\t// END PROMPT\nb\n\t// END SOLUTION\nc\n"
	if got := withoutMarks(text); got != "a\nb\nc\n" {
		t.Errorf("left is %q", got)
	}
}

func TestPatchMustFitOnce(t *testing.T) {
	h := Hunk{"f.go", "a\nb", "c"}
	for text, want := range map[string]string{"a\nb2\n": "stand 0 times", "xa\nb\n": "stand 0 times",
		"a\nb\na\nb\n": "stand 2 times"} {
		if _, err := h.apply(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: the error is %v, want one that says %q", text, err, want)
		}
	}
}

func TestBankIsInOrder(t *testing.T) {
	var ids []string
	bank, err := Bank()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range bank {
		ids = append(ids, m.ID)
	}
	if !slices.IsSortedFunc(bank, func(a, b Mutant) int { return slices.Compare(a.order(), b.order()) }) {
		t.Errorf("in order: %v", ids)
	}
	ids = []string{"R10", "C1", "R2", "X1a", "R5b", "E50", "R5a", "K3", "R5", "A1"}
	slices.SortFunc(ids, func(a, b string) int {
		return slices.Compare(Mutant{ID: a}.order(), Mutant{ID: b}.order())
	})
	if want := []string{"E50", "R2", "R5", "R5a", "R5b", "R10", "X1a", "K3", "C1", "A1"}; !slices.Equal(ids, want) {
		t.Errorf("in order: %v, want %v", ids, want)
	}
}
