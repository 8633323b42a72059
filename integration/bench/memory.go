package main

import (
	"context"
	"fmt"
)

const mega = 1e6

// memory is what both have resident and spend with no client.
func (s *stage) memory(_ context.Context, _ options) ([]row, error) {
	var size [2]float64
	for side, server := range s.both() {
		var err error
		if size[side], err = memory(server.pid); err != nil {
			return nil, err
		}
	}
	text := func(side int) string {
		return fmt.Sprintf("%.1f MB, %.1f %% of a core", size[side]/mega, 100*s.both()[side].resting)
	}
	return []row{{
		What: "idle with " + count(s.masters, "master"), Goal: goalIdle, Size: s.masters, Measured: text(0), Beside: text(1), Ratio: fmt.Sprintf("%.2fx", size[0]/size[1]),
		Figures: map[string]spread{
			"MB": series{size[0] / mega}.spread(), "beside: MB": series{size[1] / mega}.spread(),
			"% of a core": series{100 * s.ours.resting}.spread(), "beside: % of a core": series{100 * s.theirs.resting}.spread(),
		},
	}}, nil
}
