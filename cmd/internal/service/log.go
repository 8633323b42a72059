package service

import (
	"io"

	"github.com/sirupsen/logrus"
)

// NewLog makes the logger that a configuration asks for; the level was validated.
func NewLog(c Config, out io.Writer) *logrus.Logger {
	log := logrus.New()
	log.SetOutput(out)
	if c.LogFormat == "json" {
		log.SetFormatter(&logrus.JSONFormatter{})
	} else {
		log.SetFormatter(&logrus.TextFormatter{FullTimestamp: true, TimestampFormat: "2006-01-02T15:04:05.000Z07:00", DisableColors: true})
	}
	if level, err := logrus.ParseLevel(c.LogLevel); err == nil {
		log.SetLevel(level)
	}
	return log
}
