package porcupine

import (
	"bufio"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

var (
	//go:embed page/page.html
	pageHTML string
	//go:embed page/page.css
	pageCSS string
	//go:embed page/page.js
	pageJS string
)

// Visualize writes one HTML page that shows a history and what a verbose check found out about it:
// clients against time, the order in which operations can have taken effect, and, if the history is
// illegal, the return that no order gets past. The page needs nothing else, neither files nor a
// network.
//
// model must be the one that info was made with; the error says so if it is not, or that output
// failed.
func Visualize(model Model, info LinearizationInfo, output io.Writer) error {
	full, err := model.filled()
	if err != nil {
		return err
	}
	data, err := newPage(&full, &info)
	if err != nil {
		return err
	}
	// Marshal writes <, > and & in strings as \u003c and so on: no value can end the script
	// element.
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("porcupine: visualize: %w", err)
	}
	w := bufio.NewWriter(output)
	_, err = strings.NewReplacer("{{style}}", pageCSS, "{{script}}", pageJS, "{{data}}",
		string(text)).
		WriteString(w, pageHTML)
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		return fmt.Errorf("porcupine: visualize: %w", err)
	}
	return nil
}

// VisualizePath is [Visualize] into the file at path, which it replaces.
func VisualizePath(model Model, info LinearizationInfo, path string) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("porcupine: visualize: %w", err)
	}
	return errors.Join(Visualize(model, info, f), f.Close())
}
