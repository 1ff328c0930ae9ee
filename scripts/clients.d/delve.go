// SPDX-License-Identifier: GPL-2.0
// It adds numbers; with an argument, it then writes dots.

package main

import (
	"os"
	"time"
)

func add(total, number int) int {
	total += number
	return total
}

func main() {
	total := 0
	for i := 1; i <= 3; i++ {
		total = add(total, i)
	}
	for len(os.Args) > 1 {
		os.Stdout.WriteString(".")
		time.Sleep(20 * time.Millisecond)
	}
	os.Exit(total)
}
