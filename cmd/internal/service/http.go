package service

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/sirupsen/logrus"
)

const (
	scrapesAtOnce = 4 // Prometheus in two copies, and somebody who looks
	scrapeTimeout = 10 * time.Second
)

// serveHTTP answers /metrics, /healthz and /readyz until ctx is done. A port that
// is taken is an error; everything later is not worth dying for.
func serveHTTP(ctx context.Context, config Config, registry *prometheus.Registry, ready func() []string, alive func() error, log logrus.FieldLogger) error {
	listener, err := net.Listen("tcp", net.JoinHostPort(config.HTTPBind, strconv.Itoa(config.HTTPPort)))
	if err != nil {
		return fmt.Errorf("--http-port: %w", err)
	}
	server := newHTTP(registry, ready, alive, log)
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func newHTTP(registry *prometheus.Registry, ready func() []string, alive func() error, log logrus.FieldLogger) *http.Server {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: scrapesAtOnce, Timeout: scrapeTimeout}))
	health := &verdict{log: log, level: logrus.WarnLevel, good: "alive", bad: "not alive"}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		// An outage elsewhere is no reason to be restarted.
		why := ""
		if err := alive(); err != nil {
			why = err.Error()
		}
		health.answer(w, r, why)
	})
	readiness := &verdict{log: log, level: logrus.InfoLevel, good: "ready", bad: "not ready"}
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		readiness.answer(w, r, strings.Join(ready(), "\n"))
	})
	conns := newHTTPConns(httpConnsMost)
	return &http.Server{
		Handler: mux, ConnState: conns.changed, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: scrapeTimeout + 5*time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
	}
}

// fromOwnPod: nobody else comes from there; that of kubectl port-forward does.
func fromOwnPod(r *http.Request) bool {
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && addr.Addr().Unmap().IsLoopback()
}
