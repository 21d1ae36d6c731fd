package mutants

import (
	"embed"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"raftlab/internal/suite"
)

//go:embed bank/*.txt
var files embed.FS

// Mutant is the reference with one change, or a solution of its own.
type Mutant struct {
	ID       string // such as R7, or R7b for another way to make mistake R7
	Mistake  string // what it does, in a few words
	Breaks   string // what of Raft or of the service it breaks
	Fate     Fate
	Catchers []string // of a Caught one: who must catch it, scenarios by name, or Hunt
	Reason   string   // of any other: why not
	Detector string   // what it needs to show: "", race or strict
	Solution string   // a folder of testdata that has packages raft and kvraft, instead of Hunks
	Hunks    []Hunk
}

// Hunt is the catcher that draws its faults from the seed.
const Hunt = "hunt"

// The detectors that a head can ask for.
const (
	race   = "race"   // go test's, on the named scenarios in real threads
	strict = "strict" // goroutines that a killed server leaves blocked count as a failure
)

// Fate is what must come of a mutant.
type Fate string

// The fates: a Caught mutant must be, a Correct one must pass every scenario. No scenario is expected to see
// one that Survives or is Equivalent, but it may.
const (
	Caught     Fate = "caught by"
	Survives   Fate = "survives"
	Equivalent Fate = "equivalent"
	Correct    Fate = "correct"
)

// Hunk is one replacement in one file: the lines Old, which stand there once, become New.
type Hunk struct {
	File string // from the module's root, with slashes
	Old  string // whole lines, without the last line break
	New  string
}

// Bank returns all mutants, by id. An error names the file and line that is wrong.
func Bank() ([]Mutant, error) {
	entries, err := files.ReadDir("bank")
	if err != nil {
		return nil, fmt.Errorf("read the bank: %w", err)
	}
	var bank []Mutant
	for _, e := range entries {
		text, err := files.ReadFile(path.Join("bank", e.Name()))
		if err != nil {
			return nil, fmt.Errorf("read the bank: %w", err)
		}
		m, err := Parse(strings.TrimSuffix(e.Name(), ".txt"), string(text))
		if err != nil {
			return nil, fmt.Errorf("bank/%s:%w", e.Name(), err)
		}
		bank = append(bank, m)
	}
	slices.SortFunc(bank, func(a, b Mutant) int { return slices.Compare(a.order(), b.order()) })
	return bank, nil
}

var (
	idForm       = regexp.MustCompile(`^([A-Z])(\d+)([a-z]?)$`)
	solutionForm = regexp.MustCompile(`^[a-z]+$`)
)

// sections are the letters of ids, in the order of the parts of the lab, with what they stand for.
var sections = []struct{ letter, title string }{
	{"E", "Election"},
	{"R", "Replication and commit"},
	{"P", "Persistence"},
	{"S", "Snapshots"},
	{"X", "Resources"},
	{"K", "Key/value server"},
	{"C", "Clerk"},
	{"A", "Correct but unusual"},
}

// The labs, by which scenarios are sorted and the hunt is told what to draw.
const (
	raftLab = "raft"
	kvLab   = "kvraft"
)

// labs are those that judge m: of a mistake, the one in whose section it is; of what is correct, both.
func (m Mutant) labs() []string {
	switch m.ID[0] {
	case 'K', 'C':
		return []string{kvLab}
	case 'A':
		return []string{raftLab, kvLab}
	}
	return []string{raftLab}
}

// scenarios are those of a lab, in the registry's order.
func scenarios(lab string) []suite.Scenario {
	if lab == kvLab {
		return suite.KV()
	}
	return suite.Raft()
}

// order sorts mutants by section, number and letter.
func (m Mutant) order() []int {
	part := idForm.FindStringSubmatch(m.ID)
	number, _ := strconv.Atoi(part[2]) // digits, so far below any limit
	section := 0
	for sections[section].letter != part[1] {
		section++
	}
	return append([]int{section, number, len(part[3])}, int((part[3] + "\x00")[0]))
}

// section is the title of the mutant's section.
func (m Mutant) section() string { return sections[m.order()[0]].title }

// Parse reads one file of the bank. An error begins with the number of the line.
func Parse(id, text string) (Mutant, error) {
	m := Mutant{ID: id}
	form := idForm.FindStringSubmatch(id)
	if form == nil || !slices.ContainsFunc(sections, func(s struct{ letter, title string }) bool {
		return s.letter == form[1]
	}) {
		return m, fmt.Errorf("1: %q is no id: it takes a letter of a section, a number, perhaps a small letter", id)
	}
	head, patch, _ := strings.Cut(text, "\n\n")
	line := 0
	for l := range strings.SplitSeq(strings.TrimSuffix(head, "\n"), "\n") {
		line++
		key, value, found := strings.Cut(l, ": ")
		if !found || value == "" {
			return m, fmt.Errorf("%d: %q is not KEY: VALUE", line, l)
		}
		if err := m.set(key, value); err != nil {
			return m, fmt.Errorf("%d: %w", line, err)
		}
	}
	switch {
	case m.Mistake == "":
		return m, fmt.Errorf("%d: the head has no line mistake: …", line)
	case m.Breaks == "" && m.Fate != Correct:
		return m, fmt.Errorf("%d: the head has no line breaks: …", line)
	case m.Fate == "":
		return m, fmt.Errorf("%d: the head does not say what must come of it", line)
	}
	if m.Solution != "" {
		if patch != "" || m.Fate != Correct {
			return m, fmt.Errorf("%d: a solution has no patch, and is correct", line)
		}
		return m, nil
	}
	var err error
	m.Hunks, err = parseHunks(patch, line+1)
	return m, err
}

// set takes one line of the head.
func (m *Mutant) set(key, value string) error {
	switch fate := Fate(key); {
	case key == "mistake":
		m.Mistake = value
	case key == "breaks":
		m.Breaks = value
	case key == "detector" && (value == race || value == strict):
		m.Detector = value
	case key == "solution" && solutionForm.MatchString(value):
		m.Solution = value
	case fate != Caught && fate != Survives && fate != Equivalent && fate != Correct:
		return fmt.Errorf("%q: no head has such a line", key+": "+value)
	case m.Fate != "":
		return fmt.Errorf("%q and %q: only one can come of it", m.Fate, fate)
	case fate != Caught:
		m.Fate, m.Reason = fate, value
	default:
		m.Fate, m.Catchers = fate, strings.Fields(value)
		for _, name := range m.Catchers {
			known := func(s suite.Scenario) bool { return s.Name == name }
			if lab := m.labs()[0]; name != Hunt && !slices.ContainsFunc(scenarios(lab), known) {
				return fmt.Errorf("no scenario of %s is called %s", lab, name)
			}
		}
	}
	return nil
}

// parseHunks reads the patch, which begins after the given line.
func parseHunks(patch string, line int) ([]Hunk, error) {
	var hunks []Hunk
	var old, new []string
	file := ""
	flush := func() error {
		if len(old)+len(new) == 0 {
			return nil
		}
		if len(old) == 0 {
			return fmt.Errorf("%d: the hunk before this line does not say where it belongs", line)
		}
		hunks = append(hunks, Hunk{file, strings.Join(old, "\n"), strings.Join(new, "\n")})
		old, new = nil, nil
		return nil
	}
	for l := range strings.SplitSeq(patch+"\n", "\n") {
		line++
		name, isFile := strings.CutPrefix(l, "--- ")
		switch {
		case isFile || l == "":
			if err := flush(); err != nil {
				return nil, err
			}
			if isFile {
				file = name
			}
		case file == "":
			return nil, fmt.Errorf("%d: the patch must begin with --- FILE", line)
		case l[0] == '-':
			old = append(old, l[1:])
		case l[0] == '+':
			new = append(new, l[1:])
		case l[0] == ' ':
			old, new = append(old, l[1:]), append(new, l[1:])
		default:
			return nil, fmt.Errorf("%d: a line of a patch begins with -, + or a blank, not with %q", line, l[:1])
		}
	}
	if len(hunks) == 0 {
		return nil, fmt.Errorf("%d: there is no patch", line)
	}
	return hunks, nil
}
