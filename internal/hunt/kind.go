package hunt

import (
	"regexp"
	"strings"

	"raftlab/internal/sim"
	"raftlab/internal/sim/campaign"
)

// kindOf returns what failures have in common that are of one kind: verdict, invariant and the message without its
// particulars. Lists of servers count as one particular: a schedule for fewer peers names fewer of them.
func kindOf(r sim.Result) string {
	return strings.TrimSpace(several.ReplaceAllString(campaign.KindOf(r), "·"))
}

var several = regexp.MustCompile(`·([ ,]+(and )?·)+`)
