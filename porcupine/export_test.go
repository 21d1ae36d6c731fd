package porcupine

// WithFirstTurn returns opts for a check whose first turn ends after so many choices, so that small
// histories get as far as guesses.
func WithFirstTurn(opts Options, choices int) Options {
	opts.firstTurn = choices
	return opts
}
