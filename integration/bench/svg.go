package main

import (
	"encoding/xml"
	"fmt"
	"math"
	"strings"
)

// The picture: one panel for each unit, both axes logarithmic, so that a cost that
// grows with the number of masters is a straight line. It has no background and takes
// its colours from the reader's preference.

const (
	panelWidth, panelHeight = 380, 260
	plotLeft, plotRight     = 56, 14
	plotTop, plotBottom     = 58, 36
	panelsPerLine           = 2
	legendLine              = 14
)

// The colours of curves, on light and on dark.
var (
	lightColours = [...]string{"#0b62c4", "#b3480a", "#137547", "#8a2da5", "#a0132b", "#5b5f66"}
	darkColours  = [...]string{"#6cb2ff", "#ffa05c", "#5fd39a", "#d58cf0", "#ff7d92", "#b4b9c2"}
)

const colours = len(lightColours)

// style uses no variables: not all that draw SVG know them.
func style() string {
	rules := func(text string, colours []string) string {
		var all strings.Builder
		all.WriteString("text { fill: " + text + " }\n")
		for i, colour := range colours {
			fmt.Fprintf(&all, ".c%d .line { stroke: %s } .c%d .dot { fill: %s }\n", i, colour, i, colour)
		}
		return all.String()
	}
	return "<style>\ntext { font: 11px system-ui, sans-serif }\n.title { font-weight: 600; font-size: 12px }\n" +
		".grid { stroke: #888; stroke-opacity: 0.3 }\n.line { fill: none; stroke-width: 2 }\n" +
		rules("#333", lightColours[:]) + "@media (prefers-color-scheme: dark) {\n" + rules("#ddd", darkColours[:]) + "}\n</style>\n"
}

// picture draws all curves.
func picture(curves []curve) string {
	var units []string
	byUnit := map[string][]curve{}
	for _, c := range curves {
		if byUnit[c.Unit] == nil {
			units = append(units, c.Unit)
		}
		byUnit[c.Unit] = append(byUnit[c.Unit], c)
	}
	columns := min(panelsPerLine, len(units))
	lines := (len(units) + panelsPerLine - 1) / panelsPerLine
	var heights []int
	for line := range lines {
		height := 0
		for _, unit := range units[line*panelsPerLine : min(len(units), (line+1)*panelsPerLine)] {
			height = max(height, panelHeight+legendLine*len(byUnit[unit]))
		}
		heights = append(heights, height)
	}
	total := 0
	for _, h := range heights {
		total += h
	}
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img">`+"\n<title>Costs by the number of masters</title>\n%s",
		columns*panelWidth, total, style())
	top := 0
	for i, unit := range units {
		if i > 0 && i%panelsPerLine == 0 {
			top += heights[i/panelsPerLine-1]
		}
		panel{unit: unit, curves: byUnit[unit], left: i % panelsPerLine * panelWidth, top: top}.draw(&out)
	}
	out.WriteString("</svg>\n")
	return out.String()
}

// panel is one plot with its legend above it.
type panel struct {
	unit      string
	curves    []curve
	left, top int
	x, y      axis
}

// axis maps the powers of ten from low to high onto pixels.
type axis struct {
	low, high  float64 // decimal logarithms, whole numbers
	from, upto float64
}

func newAxis(values []float64, from, upto float64) axis {
	a := axis{low: math.Inf(1), high: math.Inf(-1), from: from, upto: upto}
	for _, v := range values {
		if v > 0 {
			a.low, a.high = min(a.low, math.Floor(math.Log10(v))), max(a.high, math.Ceil(math.Log10(v)))
		}
	}
	if math.IsInf(a.low, 0) {
		a.low, a.high = 0, 1
	}
	a.high = max(a.high, a.low+1)
	return a
}

func (a axis) at(v float64) float64 {
	return a.from + (math.Log10(v)-a.low)/(a.high-a.low)*(a.upto-a.from)
}

// ticks are the powers of ten.
func (a axis) ticks() (values []float64) {
	for e := a.low; e <= a.high; e++ {
		values = append(values, math.Pow(10, e))
	}
	return values
}

func (p panel) draw(out *strings.Builder) {
	var xs, ys []float64
	for _, c := range p.curves {
		xs, ys = append(xs, c.X...), append(ys, c.Y...)
	}
	legend := legendLine * len(p.curves)
	right, bottom := float64(panelWidth-plotRight), float64(panelHeight+legend-plotBottom)
	upper := float64(plotTop + legend - legendLine)
	p.x, p.y = newAxis(xs, plotLeft, right), newAxis(ys, bottom, upper)
	fmt.Fprintf(out, `<g transform="translate(%d %d)">`+"\n", p.left, p.top)
	fmt.Fprintf(out, `<text class="title" x="%d" y="20">%s</text>`+"\n", plotLeft, escape(p.unit))
	for _, v := range p.x.ticks() {
		x := p.x.at(v)
		fmt.Fprintf(out, `<line class="grid" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/><text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`+"\n",
			x, upper, x, bottom, x, bottom+15, tick(v))
	}
	for _, v := range p.y.ticks() {
		y := p.y.at(v)
		fmt.Fprintf(out, `<line class="grid" x1="%d" y1="%.1f" x2="%.1f" y2="%.1f"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n",
			plotLeft, y, right, y, plotLeft-6, y+4, tick(v))
	}
	fmt.Fprintf(out, `<text x="%.1f" y="%.1f" text-anchor="middle">masters</text>`+"\n", (plotLeft+right)/2, bottom+30)
	for i, c := range p.curves {
		p.curve(out, i, c)
	}
	out.WriteString("</g>\n")
}

func (p panel) curve(out *strings.Builder, number int, c curve) {
	fmt.Fprintf(out, `<g class="c%d">`, number%colours)
	y := 36 + legendLine*number
	fmt.Fprintf(out, `<rect class="dot" x="%d" y="%d" width="10" height="3"/><text x="%d" y="%d">%s</text>`+"\n", plotLeft, y-5, plotLeft+15, y, escape(c.Name))
	var points []string
	for i := range min(len(c.X), len(c.Y)) {
		if c.X[i] <= 0 || c.Y[i] <= 0 {
			continue // a logarithm has no place for it
		}
		x, y := p.x.at(c.X[i]), p.y.at(c.Y[i])
		points = append(points, fmt.Sprintf("%.1f,%.1f", x, y))
		fmt.Fprintf(out, `<circle class="dot" cx="%.1f" cy="%.1f" r="3"><title>%s: %s %s with %s masters</title></circle>`,
			x, y, escape(c.Name), short(c.Y[i]), escape(c.Unit), tick(c.X[i]))
	}
	fmt.Fprintf(out, `<polyline class="line" points="%s"/></g>`+"\n", strings.Join(points, " "))
}

// tick is a power of ten as a reader writes it.
func tick(v float64) string {
	text := fmt.Sprintf("%.6g", v)
	if v >= 10_000 {
		text = fmt.Sprintf("%.0f", v)
		text = text[:len(text)-3] + " " + text[len(text)-3:]
	}
	return text
}

func escape(text string) string {
	var out strings.Builder
	_ = xml.EscapeText(&out, []byte(text)) // a Builder takes everything
	return out.String()
}
