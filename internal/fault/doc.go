// Package fault stands between a program and a server on the loopback and
// spoils the connection as a test asks for.
//
//	program ──► Proxy ──ToServer──► server
//	            Proxy ◄──ToClient── server
//
// Two kinds of trouble are kept apart. [Conditions] last until they are changed:
// a slow line, a line on which nothing moves, a port that refuses. A [Trigger]
// is armed and goes off once, at an exact byte of one connection: cut it, flip a
// bit, let it hang. A trigger counts bytes, or bytes behind something that the
// client has said, so that a connection can be cut inside the answer to a
// COMMIT: the server has done it and the client cannot know.
//
// Nothing here is drawn at random and nothing depends on time except what says
// so: the same triggers on the same bytes do the same. Who wants chance draws
// the triggers from a seeded generator.
//
// The proxy reads plain MySQL traffic only in the sense that a text can be
// looked for. Under TLS the texts are not to be seen, but counting, cutting and
// flipping work as well.
package fault
