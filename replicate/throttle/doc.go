// Package throttle tells when copying should pause: when a server shows signs of
// distress, or the stream falls behind, which matters more than the copy.
//
// Each sample is a number that is measured every second or so, and a limit:
//
//	commit_latency   how long a tiny commit of tandem's own takes on the target
//	threads_running  the source's Threads_running
//	source_history   the length of the history list of the source's InnoDB,
//	target_history   and of the target's
//	stream_lag       how long ago the source was where the stream is now
//	replica_lag      a query of the user's, meant for the lag of replicas
//	query            any other query of the user's
//
// A sample does not flap: it takes two measures above the limit to pause, and
// three in a row below four fifths of it to go on.
//
//	     above, above
//	calm ────────────────► over: copying pauses, and the reason is shown
//	  ▲                      │
//	  └──────────────────────┘
//	   three times well below, or no measure to be had
//
// A sample that can not be measured never pauses anything. It is said once, and
// shown with the status: a server that answers nobody stops the copy by itself.
package throttle
