package node

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// startProbes watches over one process: the startup probe first, then liveness
// and readiness side by side. It is called without the lock.
func (c *container) startProbes(t task) {
	ctx, cancel := context.WithCancel(c.pod.agent.ctx)
	c.pod.agent.goDo(func() {
		defer cancel()
		<-t.Done()
	})
	id := c.id()
	c.pod.agent.goDo(func() {
		if !c.passesStartup(ctx, t) {
			return
		}
		c.foundStarted(id)
		if c.spec.LivenessProbe != nil {
			c.pod.agent.goDo(func() { c.probeLiveness(ctx, t) })
		}
		if c.spec.ReadinessProbe != nil {
			c.probeReadiness(ctx, id)
		}
	})
}

func (c *container) passesStartup(ctx context.Context, t task) bool {
	if c.spec.StartupProbe == nil {
		return true
	}
	passed := false
	c.probe(ctx, c.spec.StartupProbe, func(ok bool) bool {
		passed = ok
		return false // it passes once, or fails for good
	})
	if !passed && ctx.Err() == nil {
		c.pod.log.WithField("container", c.spec.Name).Warn("startup probe failed")
		c.doom(t)
		c.quit(t, time.Now().Add(c.gracePeriod(c.spec.StartupProbe)))
	}
	return passed
}

func (c *container) probeLiveness(ctx context.Context, t task) {
	dead := false
	c.probe(ctx, c.spec.LivenessProbe, func(ok bool) bool {
		dead = !ok
		return ok
	})
	if dead && !c.stopping() {
		c.pod.log.WithField("container", c.spec.Name).Warn("liveness probe failed")
		c.doom(t)
		c.quit(t, time.Now().Add(c.gracePeriod(c.spec.LivenessProbe)))
	}
}

func (c *container) probeReadiness(ctx context.Context, id string) {
	c.probe(ctx, c.spec.ReadinessProbe, func(ok bool) bool {
		c.foundReady(id, ok)
		return true
	})
}

// probe asks again and again and calls decided at each answer that counts: as
// many equal ones in a row as the probe's threshold says. It ends with ctx or
// when decided returns false.
func (c *container) probe(ctx context.Context, probe *corev1.Probe, decided func(ok bool) bool) {
	if !sleep(ctx, time.Duration(probe.InitialDelaySeconds)*time.Second) {
		return
	}
	last, row := false, 0
	for c.pod.machine.gate.wait(ctx) == nil {
		ok := c.ask(ctx, probe) == nil
		if ctx.Err() != nil {
			return
		}
		if c.pod.machine.gate.isShut() {
			continue // the node was lost meanwhile: the answer says nothing
		}
		if row == 0 || ok != last {
			last, row = ok, 0
		}
		row++
		if row >= threshold(probe, ok) && !decided(ok) {
			return
		}
		if !sleep(ctx, seconds(probe.PeriodSeconds, 10)) {
			return
		}
	}
}

func threshold(probe *corev1.Probe, ok bool) int {
	if ok {
		return int(max(probe.SuccessThreshold, 1))
	}
	if probe.FailureThreshold == 0 {
		return 3
	}
	return int(probe.FailureThreshold)
}

func seconds(value, otherwise int32) time.Duration {
	if value == 0 {
		value = otherwise
	}
	return time.Duration(value) * time.Second
}

func (c *container) gracePeriod(probe *corev1.Probe) time.Duration {
	grace := int64(corev1.DefaultTerminationGracePeriodSeconds)
	if own := c.pod.spec().TerminationGracePeriodSeconds; own != nil {
		grace = *own
	}
	if probe.TerminationGracePeriodSeconds != nil {
		grace = *probe.TerminationGracePeriodSeconds
	}
	return time.Duration(grace) * time.Second
}

// ask asks once.
func (c *container) ask(ctx context.Context, probe *corev1.Probe) error {
	ctx, cancel := context.WithTimeout(ctx, seconds(probe.TimeoutSeconds, 1))
	defer cancel()
	switch {
	case probe.Exec != nil:
		_, err := c.exec(ctx, probe.Exec.Command)
		return err
	case probe.HTTPGet != nil:
		return c.httpGet(ctx, probe.HTTPGet)
	case probe.TCPSocket != nil:
		return c.connect(ctx, probe.TCPSocket)
	default:
		return fmt.Errorf("container %s: a kind of probe that this agent has not", c.spec.Name)
	}
}

func (c *container) connect(ctx context.Context, action *corev1.TCPSocketAction) error {
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, "tcp", c.target(action.Host, action.Port))
	if err != nil {
		return err
	}
	return connection.Close()
}

var probeClient = &http.Client{Transport: &http.Transport{
	DisableKeepAlives: true,
	TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
}}

func (c *container) httpGet(ctx context.Context, action *corev1.HTTPGetAction) error {
	scheme := "http"
	if action.Scheme != "" {
		scheme = strings.ToLower(string(action.Scheme))
	}
	url := scheme + "://" + c.target(action.Host, action.Port) + "/" + strings.TrimPrefix(action.Path, "/")
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	for _, header := range action.HTTPHeaders {
		request.Header.Add(header.Name, header.Value)
	}
	response, err := probeClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode < 200 || response.StatusCode >= 400 {
		return fmt.Errorf("%s: %s", url, response.Status)
	}
	return nil
}

// target is the address that a probe goes to: the pod's own, the port by number
// or by the name that the container gives it.
func (c *container) target(host string, port intstr.IntOrString) string {
	if host == "" {
		host = c.pod.address()
	}
	number := port.IntValue()
	for _, p := range c.spec.Ports {
		if port.Type == intstr.String && p.Name == port.StrVal {
			number = int(p.ContainerPort)
		}
	}
	return net.JoinHostPort(host, strconv.Itoa(number))
}
