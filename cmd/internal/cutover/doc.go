// Package cutover tests handovers from outside: real servers, the real program,
// an application that writes all the while.
//
// Its test binary is the program, too, so that a run can be killed, or stopped,
// at any of the points that package runner lists. The application is a bank:
// transfers between accounts, each with an entry in a table without a key, so
// that what is lost, done twice or done on the wrong side shows in a sum or a
// count. It follows the guard's message from side to side, as a program would
// that is told where to connect.
package cutover
