// Package runner runs the steps of plans, and writes down what it does.
package runner
