package monitor

// aside waits for f, which runs on a stack of its own: what is deep for a moment must not
// leave a deep stack with a goroutine that lives as long as its Redis.
func aside(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	<-done
}
