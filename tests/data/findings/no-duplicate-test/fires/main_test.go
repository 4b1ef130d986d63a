package main

import "testing"

func TestAmount(t *testing.T) {
	if (payment{Amount: 1}).Amount != 1 {
		t.Fatal("amount")
	}
}
