// Package awsfake is an Amazon for tests: an HTTP server in the process that speaks
// the wire formats of the APIs that tandem calls (RDS, STS, Secrets Manager, Route 53,
// S3), so the real SDK clients run against it.
//
//	fake := awsfake.New(t)
//	fake.AddCluster(awsfake.Cluster{ID: "courier", Members: []awsfake.Member{{ID: "courier-1", Writer: true, Addr: server}}})
//	client := fake.Client(t)                      // its waits take no time
//	fake.Fail(awsfake.Fault{Action: "rds:DescribeDBClusters", Kind: awsfake.Throttled, Times: 2})
//
// It checks what the real ones check first: every request must be signed, with the
// key, the region and the time it should have. Operations take as many looks as
// [State].Polls says: nothing in it depends on time. Faults are data ([Fault]), and
// [Server.Calls] tells what was asked with the IAM action that each call needs.
//
// [Server.Dial] leads the endpoints' names to local servers and follows failovers;
// [Server.Env] points another process at it.
package awsfake
