package service

import (
	"io"
	"testing"
)

func TestEcho(t *testing.T) {
	echo, err := newEcho()
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []byte("several") {
		heard := []byte{0}
		if _, err := echo.Write([]byte{word}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(echo, heard); err != nil || heard[0] != word {
			t.Fatalf("heard %q (%v), want %q", heard, err, word)
		}
	}
	if err := echo.Close(); err != nil {
		t.Error(err)
	}
}
