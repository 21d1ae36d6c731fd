package bundle

import (
	"archive/zip"
	"bytes"
	"embed"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"raftlab/internal/grader/course"
	"raftlab/internal/grader/report"
	"raftlab/internal/grader/results"
)

//go:embed files
var scripts embed.FS

// Options says what goes into a bundle.
type Options struct {
	Root   string   // of Raftlab's sources: build.FindRoot
	Config string   // the course.yaml; "": the default course
	Flags  []string // further ones for raftlab grade, as "--lab=raft"
	Go     string   // the release of Go to install, as "go1.26.8"; "": the one that Root is built with
}

// Kinds returns the platforms that there are bundles for.
func Kinds() []string { return []string{"gradescope", "autolab", "classroom50"} }

// Write writes the bundle for a platform into the zip file out, which it replaces. The error says whether it is the
// kind, the course or the sources that it cannot use.
func Write(kind, out string, o Options) error {
	if !slices.Contains(Kinds(), kind) {
		return fmt.Errorf("bundle: no platform %q; there are %s", kind, strings.Join(Kinds(), ", "))
	}
	files, err := pack(kind, o)
	if err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	var b bytes.Buffer
	if err := writeZip(&b, files); err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	// Private: the secret is in it.
	const private = 0o600
	if err := os.WriteFile(out, b.Bytes(), private); err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	return nil
}

// files is the content of an archive by path. Those that begin with "#!" are made executable.
type files map[string][]byte

// pack returns the files of a platform's bundle.
func pack(kind string, o Options) (files, error) {
	image, err := imageOf(o)
	if err != nil {
		return nil, err
	}
	job, err := jobOf(kind, o)
	if err != nil {
		return nil, err
	}
	all := files{}
	switch kind {
	case "gradescope":
		all.add("", image)
		all.add("bundle/", job)
		all.script("run_autograder")
	case "classroom50":
		all.add("", image)
		all.add("bundle/", job)
		all.script("run_classroom50")
		all.script("autograder.py")
	case "autolab":
		job.script("run_autolab")
		tar := files{}
		tar.add("autograde/", job)
		if all["autograde.tar"], err = tar.tar(); err != nil {
			return nil, err
		}
		all.script("autograde-Makefile")
		all.add("image/", image)
	}
	return all, nil
}

func (f files) add(prefix string, others files) {
	for name, text := range others {
		f[prefix+name] = text
	}
}

// script adds one of the scripts under its name.
func (f files) script(name string) {
	text, err := scripts.ReadFile("files/" + name)
	if err != nil {
		panic(err) // it was there when the program was compiled
	}
	f[name] = text
}

// imageOf is what an image is prepared with: setup.sh, and in bundle what it needs.
func imageOf(o Options) (files, error) {
	release, err := releaseOf(o)
	if err != nil {
		return nil, err
	}
	sources, err := sourcesOf(o.Root)
	if err != nil {
		return nil, err
	}
	image, inside := files{}, files{"go-version": []byte(release + "\n")}
	image.script("setup.sh")
	inside.script("env.sh")
	inside.add("src/", sources)
	image.add("bundle/", inside)
	return image, nil
}

// jobOf is what each grading needs beside that.
func jobOf(kind string, o Options) (files, error) {
	job := files{"flags": nil}
	for _, flag := range o.Flags {
		if strings.Contains(flag, "\n") {
			return nil, fmt.Errorf("the flag %q is more than a line", flag)
		}
		job["flags"] = append(job["flags"], flag+"\n"...)
	}
	job.script("grade.sh")
	if kind != "classroom50" { // where an exit status says the same
		write := map[string]func(results.Document, results.Submission) ([]byte, error){
			"gradescope": report.Gradescope, "autolab": report.Autolab}[kind]
		broken, err := write(results.Document{}, results.Submission{Status: results.Infrastructure})
		if err != nil {
			return nil, err
		}
		job["broken"] = broken
	}
	return job, addCourse(job, o.Config)
}

// addCourse adds a course.yaml that can be read, and the file that it keeps its secret in.
func addCourse(job files, config string) error {
	if config == "" {
		return nil
	}
	if _, err := course.Read(config, course.Override{}); err != nil {
		return err
	}
	text, err := os.ReadFile(config)
	if err != nil {
		return err
	}
	var c struct {
		Seeds struct {
			SecretFile string `yaml:"secret-file"`
		} `yaml:"seeds"`
	}
	if err := yaml.Unmarshal(text, &c); err != nil {
		return err
	}
	job["course/course.yaml"] = text
	if name := c.Seeds.SecretFile; name != "" {
		if !filepath.IsLocal(name) {
			return fmt.Errorf("%s: seeds.secret-file %s is not below the folder of the file: a bundle takes it along only "+
				"from there", config, name)
		}
		secret, err := os.ReadFile(filepath.Join(filepath.Dir(config), name))
		if err != nil {
			return err
		}
		job["course/"+filepath.ToSlash(filepath.Clean(name))] = secret
	}
	return nil
}

var releaseName = regexp.MustCompile(`^go1\.\d+(\.\d+)?((rc|beta)\d+)?$`)

// releaseOf returns the release of Go that a bundle asks for.
func releaseOf(o Options) (string, error) {
	release := o.Go
	if release == "" {
		cmd := exec.Command("go", "env", "GOVERSION")
		cmd.Dir = o.Root
		out, err := cmd.Output()
		if err != nil {
			return "", fmt.Errorf("ask go for its version: %w", err)
		}
		release = strings.TrimSpace(string(out))
	}
	if !releaseName.MatchString(release) {
		return "", fmt.Errorf("go is %s, which is no release that a platform could install", release)
	}
	return release, nil
}

// executable reports whether a file is a script to be started by itself.
func executable(text []byte) bool { return bytes.HasPrefix(text, []byte("#!")) }

// writeZip writes an archive that follows from its files alone.
func writeZip(b *bytes.Buffer, all files) error {
	w := zip.NewWriter(b)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		header := &zip.FileHeader{Name: name, Method: zip.Deflate,
			Modified: time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC)}
		header.SetMode(mode(all[name]))
		f, err := w.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := f.Write(all[name]); err != nil {
			return err
		}
	}
	return w.Close()
}
