package node

// Using tells that a command is under way.
func (c *Conn) Using() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.using > 0
}
