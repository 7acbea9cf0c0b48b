// Package plans reads plan files: which groups of tables are handed over to the
// other side, in which stages, behind which gates, and what brings them back.
//
// A plan says intent. What is done, and in which order, is not written by
// people: [Plan.Steps] expands each stage into the same numbered steps.
//
//	before the pause   approve → arm → gates → long transactions
//	in the pause       fence → marker → drain → compare → prepare → commit
//	after              carry → close → traffic → canary → bake
//
// The commit is the point of no return. Until then every step is undone by
// letting go of the fence; behind it the way back is a handover in the other
// direction, made of the same steps.
//
// Three things are asked of a plan before it runs:
//
//   - [Parse] reads the file and keeps the place of every value;
//   - [Lint] finds what would go wrong, all of it at once, each finding with a
//     name that does not change ([Rules]);
//   - [Plan.Digest] is what the plan and all that it depends on amount to, in
//     parts, so that [Digest.Drift] can say what has changed since.
//
// The package knows no server: what it must know of the source's tables comes
// through [Catalog].
package plans
