package build

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// tool is the go command.
type tool struct {
	path    string
	version string
	env     []string // of every build
}

// kept are the settings of the user's go environment that a build obeys: where caches are, whence modules come.
var kept = []string{"GOCACHE", "GOMODCACHE", "GOPATH", "GOTMPDIR", "GOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE",
	"GONOPROXY", "GOINSECURE", "GOVCS", "GOAUTH"}

// fixed are those that it does not.
var fixed = []string{"GOENV=off", "GOWORK=off", "GOFLAGS=", "GOTOOLCHAIN=local", "CGO_ENABLED=0", "GO111MODULE=on",
	"GOEXPERIMENT=", "GODEBUG=", "GOWASM=", "GOOS=wasip1", "GOARCH=wasm"}

// homeless makes the home of whoever builds a place where nothing can be and nothing can be put: all that a build of a
// submission may find there is among kept.
var homeless = []string{"HOME=" + os.DevNull, "USERPROFILE=" + os.DevNull, "XDG_CONFIG_HOME=" + os.DevNull,
	"XDG_CACHE_HOME=" + os.DevNull, "AppData=" + os.DevNull, "LocalAppData=" + os.DevNull}

// findTool asks the go command, "" for the one on the path, what it is and how it is set up.
func findTool(command, root string) (tool, error) {
	if command == "" {
		command = "go"
	}
	p, err := exec.LookPath(command)
	if err != nil {
		return tool{}, fmt.Errorf("build: the simulator compiles with the go command, which is not to be found: %w", err)
	}
	ask := exec.Command(p, append([]string{"env", "-json", "GOVERSION"}, kept...)...)
	ask.Dir = root
	ask.Env = append(os.Environ(), "GOTOOLCHAIN=local", "GOFLAGS=", "GOWORK=off")
	out, err := ask.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			out = exit.Stderr
		}
		return tool{}, fmt.Errorf("build: %s env: %w: %s", p, err, bytes.TrimSpace(out))
	}
	settings := map[string]string{}
	if err := json.Unmarshal(out, &settings); err != nil {
		return tool{}, fmt.Errorf("build: %s env: %w", p, err)
	}
	t := tool{path: p, version: settings["GOVERSION"]}
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "GO") && !strings.HasPrefix(pair, "CGO_") {
			t.env = append(t.env, pair)
		}
	}
	for _, name := range kept {
		if settings[name] != "" {
			t.env = append(t.env, name+"="+settings[name])
		}
	}
	t.env = append(t.env, fixed...)
	return t, nil
}

// away is the same command without a home.
func (t tool) away() tool {
	t.env = append(slices.Clone(t.env), homeless...)
	return t
}

// run runs the go command in dir and returns what it printed. It and each compiler that it starts have so many bytes of
// memory; 0 means as many as there are.
func (t tool) run(ctx context.Context, memory int64, dir string, args ...string) (output string, err error) {
	cmd := exec.CommandContext(ctx, t.path, args...)
	cmd.Dir, cmd.Env = dir, t.env
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	// Interrupted, it ends the compilers that it has started; killed, it would not.
	cmd.Cancel = func() error {
		if runtime.GOOS == "windows" {
			return cmd.Process.Kill()
		}
		return cmd.Process.Signal(os.Interrupt)
	}
	cmd.WaitDelay = 5 * time.Second
	if err = cmd.Start(); err != nil {
		return "", err
	}
	if memory > 0 {
		limitMemory(cmd.Process.Pid, memory) // long before it has found out what to compile
	}
	err = cmd.Wait()
	return out.String(), err
}
