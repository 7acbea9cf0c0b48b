package sandbox

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fakeServer writes a program that says what a mysqld says of its version.
func fakeServer(t *testing.T, dir, says string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "mysqld")
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho '"+says+"'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

const (
	says97    = "/usr/sbin/mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))"
	says84    = "/usr/sbin/mysqld  Ver 8.4.7 for Linux on x86_64 (MySQL Community Server - GPL)"
	says56    = "mysqld  Ver 5.6.24 for linux-glibc2.5 on x86_64 (MySQL Community Server (GPL))"
	saysMaria = "mysqld  Ver 10.11.11-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64 (Debian 12)"
)

// notInstalled makes Find pass over a mysqld that this machine has installed.
func notInstalled(f *finder) { f.debian = "/nowhere/mysqld" }

// The order in which Find looks, and what it does with what does not fit. The
// environment is changed, so these tests are not parallel.
func TestFindOrder(t *testing.T) {
	cases := []struct {
		name             string
		env, path, cache string // what the mysqld there says; empty: none
		want             Version
		origin, number   string
		fails            string
	}{
		{name: "the environment first", env: says84, path: says97, cache: says97, origin: "env", number: "8.4.7"},
		{name: "then the path", path: says84, cache: says97, origin: "path", number: "8.4.7"},
		{name: "then the cache", cache: says97, origin: "cache", number: "9.7.4"},
		{name: "MariaDB on the path is passed over", path: saysMaria, cache: says97, origin: "cache", number: "9.7.4"},
		{name: "too old on the path is passed over", path: says56, cache: says97, origin: "cache", number: "9.7.4"},
		{name: "5.6 from the path", path: says56, want: V56, origin: "path", number: "5.6.24"},
		{name: "5.6 from the cache", path: says97, cache: says56, want: V56, origin: "cache", number: "5.6.24"},
		{name: "an exact version", path: says97, cache: says97, env: says84, want: "8.4", origin: "env", number: "8.4.7"},
		{name: "MariaDB in the environment", env: saysMaria, cache: says97, fails: "not MySQL but MariaDB"},
		{name: "too old in the environment", env: says56, cache: says97, fails: "is MySQL 5.6.24, wanted is 8.0 or later"},
		{name: "nonsense in the environment", env: "hello", cache: says97, fails: `no version in "hello"`},
		{name: "nothing", fails: "make mysql"},
		{name: "only MariaDB", path: saysMaria, fails: "MariaDB, whose GTIDs and binary log differ"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			t.Setenv("TANDEM_CACHE", filepath.Join(root, "cache"))
			t.Setenv("TANDEM_MYSQLD", "")
			t.Setenv("TANDEM_MYSQLD56", "")
			// sh for the fake servers; neither the real mysqld nor docker.
			bin := filepath.Join(root, "bin")
			if c.env != "" {
				t.Setenv(envVariable(c.want), fakeServer(t, filepath.Join(root, "env"), c.env))
			}
			if c.path != "" {
				fakeServer(t, bin, c.path)
			}
			if c.cache != "" {
				fakeServer(t, filepath.Join(root, "cache", cacheFolder(c.want), "bin"), c.cache)
			}
			t.Setenv("PATH", bin)
			install, err := Find(context.Background(), c.want, notInstalled)
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) {
					t.Fatalf("got %v, %v; want an error with %q", install, err, c.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if install.Origin != c.origin || install.Number() != c.number {
				t.Errorf("got %s from %s, want %s from %s", install.Number(), install.Origin, c.number, c.origin)
			}
		})
	}
}

func TestFindNothingIsErrNoServer(t *testing.T) {
	t.Setenv("TANDEM_CACHE", t.TempDir())
	t.Setenv("TANDEM_MYSQLD", "")
	t.Setenv("PATH", t.TempDir())
	if _, err := Find(context.Background(), Any, notInstalled); !errors.Is(err, ErrNoServer) {
		t.Errorf("got %v", err)
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	install := Install{Major: 8, Minor: 4, Patch: 7}
	for version, want := range map[Version]bool{Any: true, "8.4": true, "8.4.7": true, "8": true, "8.0": false, "8.4.70": false, V56: false} {
		if got := install.Is(version); got != want {
			t.Errorf("%s is %q: %v", install.Number(), version, got)
		}
	}
	for _, c := range []struct {
		major, minor, patch int
		want                bool
	}{{8, 4, 7, true}, {8, 4, 8, false}, {8, 3, 9, true}, {5, 7, 99, true}, {9, 0, 0, false}, {8, 5, 0, false}} {
		if got := install.AtLeast(c.major, c.minor, c.patch); got != c.want {
			t.Errorf("8.4.7 at least %d.%d.%d: %v", c.major, c.minor, c.patch, got)
		}
	}
}
