package schemadiff

// comparePartitions compares how tables are cut into partitions.
func (p *pair) comparePartitions(a, b *table) {
	x, y := a.shown.partitions, b.shown.partitions
	if flat(x, ofExpressions) == flat(y, ofExpressions) {
		return
	}
	f := Finding{ID: "partitions", Severity: Mismatch, Kind: Partitions, Object: a.Name.String(),
		What: "the table is divided in another way", Source: x, Target: y}
	if x == "" {
		f.Fix = []string{alter(a.Name, "REMOVE PARTITIONING")}
	} else {
		f.Fix = []string{alter(a.Name, x)}
	}
	p.add(f)
}
