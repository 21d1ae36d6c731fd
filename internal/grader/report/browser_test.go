//go:build !nobrowser

package report_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"raftlab/internal/grader/report"
	"raftlab/internal/grader/results"
)

// TestInABrowser has one browser for all that needs one.
func TestInABrowser(t *testing.T) {
	ctx := browser(t)
	t.Run("sort, follow, copy", func(t *testing.T) { testPages(ctx, t) })
	t.Run("hostile texts", func(t *testing.T) { testHostileTexts(ctx, t) })
	t.Run("a whole class", func(t *testing.T) { testWholeClass(ctx, t) })
}

// browser starts a headless Chromium for a test, and a page of its own in it.
func browser(t *testing.T) context.Context {
	t.Helper()
	var found string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			found = path
			break
		}
	}
	if found == "" {
		t.Fatal("the pages are tested in Chromium, and none is on the path: install it (on Debian: apt-get install chromium)")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(found), chromedp.NoSandbox,
		chromedp.WSURLReadTimeout(time.Minute), chromedp.UserDataDir(t.TempDir()))
	const limit = 2 * time.Minute
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	ctx, stopBrowser := chromedp.NewExecAllocator(ctx, options...)
	ctx, closePage := chromedp.NewContext(ctx)
	t.Cleanup(func() {
		closePage()
		stopBrowser()
		cancel()
	})
	return ctx
}

// complaints collects what a page says on the console, and what the browser says about it: script errors, and what the
// page's policy forbade.
func complaints(ctx context.Context, t *testing.T) func() []string {
	t.Helper()
	var mu sync.Mutex
	var all []string
	add := func(text string) {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, text)
	}
	err := chromedp.Listen(ctx, func(event any) {
		switch event := event.(type) {
		case *runtime.EventConsoleAPICalled:
			add(fmt.Sprintf("console: %s", event.Args[0].Value))
		case *runtime.EventExceptionThrown:
			add("exception: " + event.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			add("log: " + event.Entry.Text)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return all
	}
}

// do runs actions on a page, and the test ends if one fails.
func do(ctx context.Context, t *testing.T, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// ask returns what a script on the page says.
func ask[T any](ctx context.Context, t *testing.T, script string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// pagesOf writes d as pages and returns the URL of their folder.
func pagesOf(t *testing.T, d results.Document) string {
	t.Helper()
	dir := t.TempDir()
	if err := report.Write("html", d, dir); err != nil {
		t.Fatal(err)
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(dir)}).String()
}

const firstColumn = `Array.from(document.querySelectorAll("#results tbody tr"), (r) => r.cells[0].textContent).join(" ")`

func testPages(ctx context.Context, t *testing.T) {
	said := complaints(ctx, t)
	at := pagesOf(t, sample())

	do(ctx, t, chromedp.Navigate(at+"/index.html"))
	if got := ask[string](ctx, t, firstColumn); got != "broken cheat none some half all" {
		t.Errorf("worst first: %q", got)
	}
	for _, step := range []struct{ column, want string }{
		{"submission", "all broken cheat half none some"},
		{"submission", "some none half cheat broken all"},
		{"score", "broken none cheat some half all"}, // equal ones stay as they were
		{"score", "all half some none cheat broken"},
		{"Backup", "none cheat broken some half all"},
	} {
		click := fmt.Sprintf(`Array.from(document.querySelectorAll("th button")).find((b) => b.textContent === %q).click()`,
			step.column)
		do(ctx, t, chromedp.Evaluate[chromedp.Void](click))
		if got := ask[string](ctx, t, firstColumn); got != step.want {
			t.Errorf("by %s: %q, want %q", step.column, got, step.want)
		}
	}
	if got := ask[string](ctx, t, `document.querySelector("th[aria-sort=ascending]").textContent`); got != "Backup" {
		t.Errorf("sorted by %q, so it says", got)
	}

	// By keyboard alone: to a column's button and from a cell to what it is about.
	do(ctx, t, chromedp.Focus(`th button`), chromedp.KeyEvent("\r"))
	if got := ask[string](ctx, t, firstColumn); got != "all broken cheat half none some" {
		t.Errorf("by keyboard: %q", got)
	}
	to := ask[string](ctx, t, `Array.from(document.querySelectorAll("td a")).find((a) => a.textContent === "◐ 7/10").href`)
	do(ctx, t, chromedp.Navigate(to))
	if got := ask[string](ctx, t, `document.querySelector("article:target h3").textContent`); !strings.Contains(got, "TestBackup2B") {
		t.Errorf("the cell leads to %q", got)
	}
	do(ctx, t, chromedp.Evaluate[chromedp.Void](`document.querySelector("article:target .replay button").click()`),
		chromedp.Poll[chromedp.Void](`document.querySelector("article:target .replay button").textContent === "copied"`))
	do(ctx, t, chromedp.Navigate(at+"/submissions/none.html"))
	if got := ask[string](ctx, t, `document.querySelector("#problems li").innerText`); !strings.Contains(got, "raft/raft.go:12:7") ||
		!strings.Contains(got, "undefined: foo") {
		t.Errorf("compile error: %q", got)
	}
	if all := said(); len(all) > 0 {
		t.Errorf("the browser complains: %q", all)
	}
}

// No hostile text does anything, and a script that gets into the page by another way has no effect either.
func testHostileTexts(ctx context.Context, t *testing.T) {
	d := results.Document{Schema: results.Schema, Course: course()}
	for name, h := range hostile() {
		const enough = 1 << 12 // that long ones are cut is tested without a browser
		s := filled(h[:min(len(h), enough)]).Submissions[0]
		s.Name += name
		d.Submissions = append(d.Submissions, s)
	}
	at := pagesOf(t, d)
	pages := []string{"index.html"}
	for _, name := range report.FileNames(d) {
		pages = append(pages, "submissions/"+name+".html")
	}
	for i, page := range pages {
		do(ctx, t, chromedp.Navigate(at+"/"+page))
		seen := ask[struct {
			Title                   string
			Scripts, Foreign, Parts int
		}](ctx, t, `({title: document.title, scripts: document.scripts.length, foreign: document.querySelectorAll(
			"img,iframe,object,embed,link,form,svg,[onerror],[onmouseover],[style],a[href^=javascript]").length,
			parts: document.querySelectorAll("#results tbody tr, article").length})`)
		want := len(course().Tests)
		if i == 0 {
			want = len(d.Submissions)
		}
		if seen.Title == "owned" || seen.Scripts != 1 || seen.Foreign != 0 || seen.Parts != want {
			t.Errorf("%s: %+v", page, seen)
		}
	}
	do(ctx, t, chromedp.Evaluate[chromedp.Void](`{
		const s = document.createElement("script");
		s.textContent = "document.title = 'owned'";
		document.body.append(s);
		document.body.insertAdjacentHTML("beforeend", "<b onclick=\"document.title='owned'\">x</b>");
		document.body.lastChild.click();
	}`))
	if ask[string](ctx, t, "document.title") == "owned" {
		t.Error("the policy lets any script run")
	}
}

// The page says all it has to say where no script runs, and it fits a whole class.
func testWholeClass(ctx context.Context, t *testing.T) {
	const class, tests = 300, 55
	said := complaints(ctx, t)
	at := pagesOf(t, batch(class, tests))
	path, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(path.Path, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 2<<20 {
		t.Errorf("the index has %d bytes", info.Size())
	}
	began := time.Now()
	do(ctx, t, chromedp.Navigate(at+"/index.html"))
	cells := ask[int](ctx, t, `document.querySelectorAll("#results tbody td").length`)
	loaded := time.Since(began)
	sorted := ask[float64](ctx, t, `(() => {
		const began = performance.now();
		document.querySelectorAll("th button")[2].click();
		document.body.offsetHeight;
		return performance.now() - began;
	})()`)
	const limit = 20 * time.Second // of a loaded machine; alone it is one
	if cells != class*(tests+2) || loaded > limit || sorted > float64(limit.Milliseconds()) {
		t.Errorf("%d cells in %v, sorted in %.0f ms", cells, loaded, sorted)
	}
	if all := said(); len(all) > 0 {
		t.Errorf("the browser complains: %q", all)
	}
	t.Logf("%d bytes, start and load %v, sort %.0f ms", info.Size(), loaded, sorted)
}
