package controlplane

import "time"

// A kubelet restarts the controller manager and the scheduler when they end, and they do
// so on purpose: the scheduler exits when it finds that its cache missed the end of a pod
// whose successor has the same name, as it may after a restart of the API server.

const (
	restartPause = time.Second
	restartMost  = 100 // a component that cannot run at all is a failure of the test
)

// keep runs a component and restarts it when it ends, until Stop.
func (c *ControlPlane) keep(name string, args []string) error {
	if err := c.run(name, args); err != nil {
		return err
	}
	go func() {
		for range restartMost {
			<-c.Process(name).Done()
			select {
			case <-c.stopping:
				return
			case <-time.After(restartPause):
			}
			if c.run(name, args) != nil {
				return
			}
		}
	}()
	return nil
}
