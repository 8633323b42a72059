package main

// figures is where the figures of README are kept: with .json what the table is made
// of, with .svg the picture.
const figures = "figures"

// readme is README's part: the table of aims, the picture, and all the rest folded.
func (r report) readme() string {
	return r.aims() + "\n![Costs by the number of masters](integration/bench/" + figures + ".svg)\n\n" +
		"<details><summary>What else was measured</summary>\n\n" + r.others() + "\n</details>\n"
}

// forReadme tells that it is a whole run, and one whose figures are worth something.
func (r report) forReadme() bool { return r.Only == "" && r.Form != smoke().name }
