package porcupine_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"raftlab/porcupine"
	"raftlab/porcupine/models"
)

// pageData is what the test looks at in a page's data.
type pageData struct {
	Times  []any
	States []string
	Parts  []struct {
		Key, Result string
		Stuck       int
		Ops         []struct {
			C, S, E int
			D, M    string
		}
		Orders []struct {
			Base, Keep int
			Steps      [][2]int
		}
	}
	Annotations []struct {
		C, S, E   int
		Tag, D, M string
		Fg, Bg    string
	}
}

var dataElement = regexp.MustCompile(`(?s)<script type="application/json" id="data">(.*?)</script>`)

// render draws info and returns the page with its data.
func render(t *testing.T, m porcupine.Model, info porcupine.LinearizationInfo) (string, pageData) {
	t.Helper()
	var page bytes.Buffer
	if err := porcupine.Visualize(m, info, &page); err != nil {
		t.Fatal(err)
	}
	found := dataElement.FindStringSubmatch(page.String())
	if found == nil {
		t.Fatal("no data in the page")
	}
	var data pageData
	if err := json.Unmarshal([]byte(found[1]), &data); err != nil {
		t.Fatal(err)
	}
	return page.String(), data
}

func TestPageOfALegalHistory(t *testing.T) {
	_, info := porcupine.CheckOperationsVerbose(models.RegisterModel, []porcupine.Operation{
		{ClientId: 4, Input: models.RegisterInput{Op: models.RegisterWrite, Value: "v"}, Call: 10,
			Return: 1 << 60,
			Output: models.RegisterOutput{}, Metadata: "from the log"},
		{ClientId: 5, Input: models.RegisterInput{}, Output: models.RegisterOutput{Value: "v"},
			Call: 20, Return: 30},
		{ClientId: 6, Input: models.RegisterInput{Op: models.RegisterWrite, Value: "w"}, Call: 25,
			Pending: true},
	}, 0)
	_, data := render(t, models.RegisterModel, info)
	if len(data.Parts) != 1 || data.Parts[0].Result != "Ok" || data.Parts[0].Stuck != -1 {
		t.Fatalf("parts: %+v", data.Parts)
	}
	part := data.Parts[0]
	if len(part.Orders) != 1 || len(part.Orders[0].Steps) != 2 || part.Orders[0].Steps[0][0] != 0 ||
		data.States[part.Orders[0].Steps[1][1]] != `"v"` {
		t.Errorf("orders %+v, states %v", part.Orders, data.States)
	}
	if op := part.Ops[0]; op.C != 4 || op.D != `write("v")` || op.M != "from the log" {
		t.Errorf("first operation %+v", op)
	}
	if data.Times[part.Ops[0].S] != 10.0 || data.Times[part.Ops[0].E] != "1152921504606846976" {
		t.Errorf("times %v", data.Times)
	}
	if part.Ops[2].E != -1 {
		t.Errorf("the pending operation returns: %+v", part.Ops[2])
	}
}

func TestPageOfAnIllegalHistory(t *testing.T) {
	history := []porcupine.Operation{write(0, 10, 1), write(20, 30, 2), read(40, 50, 2),
		read(60, 70, 1), read(80, 90, 2)}
	_, info := porcupine.CheckOperationsVerbose(register(), history, 0)
	_, data := render(t, register(), info)
	part := data.Parts[0]
	if part.Result != "Illegal" || part.Stuck != 3 || len(part.Orders) == 0 ||
		len(part.Orders[0].Steps) != 3 {
		t.Errorf("result %s, stuck %d, orders %+v", part.Result, part.Stuck, part.Orders)
	}
}

func TestPageEscapesEverything(t *testing.T) {
	evil := `</script><script>alert(1)</script><!-- {{script}} {{data}} "'` + "\u2028"
	m := models.RegisterModel
	_, info := porcupine.CheckOperationsVerbose(m, []porcupine.Operation{
		{Input: models.RegisterInput{Op: models.RegisterWrite, Value: evil}, Call: 1, Return: 2,
			Output: models.RegisterOutput{}}}, 0)
	info.AddAnnotations([]porcupine.Annotation{{Tag: evil, Start: 1, Description: evil,
		Details: evil, TextColor: evil}})
	page, data := render(t, m, info)
	if strings.Count(page, "<script") != 2 || strings.Count(page, "</script>") != 2 ||
		strings.Contains(page, "<!--") {
		t.Error("a value got out of its string")
	}
	if a := data.Annotations[0]; a.Tag != evil || a.D != evil || a.M != evil {
		t.Errorf("annotation %+v", a)
	}
	if !strings.Contains(data.Parts[0].Ops[0].D, "</script>") {
		t.Errorf("operation %q", data.Parts[0].Ops[0].D)
	}
}

func TestPageNeedsNothingElse(t *testing.T) {
	page, _ := render(t, register(), porcupine.LinearizationInfo{})
	for _, outside := range []string{"http:", "https:", "src=", "@import", "url(", "<link"} {
		if strings.Contains(page, outside) {
			t.Errorf("the page has %q", outside)
		}
	}
	if !strings.Contains(page, `default-src 'none'`) {
		t.Error("no content security policy")
	}
}

func TestAnnotations(t *testing.T) {
	_, info := porcupine.CheckOperationsVerbose(register(), []porcupine.Operation{read(10, 20, 0)},
		0)
	info.AddAnnotations([]porcupine.Annotation{
		{ClientId: 3, Start: 5, Description: "restarted", Details: "by the test"},
		{Tag: "server 1", Start: 12, End: 15, Description: "leader", BackgroundColor: "#eee"},
		{Tag: "server 2", Start: 30, End: 1, Description: "backwards"},
	})
	_, data := render(t, register(), info)
	first, second, third := data.Annotations[0], data.Annotations[1], data.Annotations[2]
	if first.C != 3 || first.S != first.E || data.Times[first.S] != 5.0 ||
		first.M != "by the test" {
		t.Errorf("%+v", first)
	}
	if second.Tag != "server 1" || data.Times[second.E] != 15.0 || second.Bg != "#eee" {
		t.Errorf("%+v", second)
	}
	if third.S != third.E || data.Times[third.S] != 30.0 {
		t.Errorf("%+v", third)
	}
}

// A page of many orders says each part of them once.
func TestPageIsSmall(t *testing.T) {
	m := register()
	history := []porcupine.Operation{write(0, 10, 1), write(0, 10, 2), read(20, 40, 1),
		read(20, 40, 2)}
	_, info := porcupine.CheckOperationsVerbose(m, history, 0)
	page, data := render(t, m, info)
	steps := 0
	for _, o := range data.Parts[0].Orders {
		steps += len(o.Steps)
	}
	if len(data.Parts[0].Orders) < 2 || steps > 2*len(history) {
		t.Errorf("%d steps in %d orders of %d operations, %d bytes", steps,
			len(data.Parts[0].Orders), len(history), len(page))
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk is full") }

func TestVisualizeErrors(t *testing.T) {
	_, info := porcupine.CheckOperationsVerbose(register(),
		[]porcupine.Operation{write(1, 2, 3), read(10, 20, 3)}, 0)
	if err := porcupine.Visualize(register(), info, fullDisk{}); err == nil ||
		!strings.Contains(err.Error(), "disk is full") {
		t.Errorf("output fails: %v", err)
	}
	other := register()
	other.Step = func(state, input, output any) (bool, any) { return false, state }
	if err := porcupine.Visualize(other, info, &bytes.Buffer{}); err == nil ||
		!strings.Contains(err.Error(), "model") {
		t.Errorf("another model: %v", err)
	}
	if err := porcupine.VisualizePath(register(), info,
		filepath.Join(t.TempDir(), "no", "such", "folder")); err == nil {
		t.Error("no error for a path that cannot be")
	}
	path := filepath.Join(t.TempDir(), "page.html")
	if err := porcupine.VisualizePath(register(), info, path); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || !bytes.HasSuffix(text, []byte("</html>\n")) {
		t.Errorf("page of %d bytes, %v", len(text), err)
	}
}
