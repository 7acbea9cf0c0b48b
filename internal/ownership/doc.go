// Package ownership says on which side applications may write.
//
// A group is a set of tables that hand over together; every table is in exactly
// one, and the group named default takes the rest. A group's owner is the one
// side on which applications may write its tables, and its epoch, which only
// grows, tells a new owner's record from an old one's.
//
// The record of a group is a row of _tandem.ownership on both sides. The
// owner's own row is the only one that decides; the other side learns of a
// change through its link, in the order of the log.
package ownership
