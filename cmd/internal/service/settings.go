package service

import (
	"github.com/sirupsen/logrus"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// Redis's words for loglevel and ours. Warnings are told in any case: who could silence them
// would do what nobody is to see behind it.
var (
	levels = map[string]logrus.Level{
		"debug": logrus.DebugLevel, "verbose": logrus.DebugLevel, "notice": logrus.InfoLevel,
		"warning": logrus.WarnLevel, "nothing": logrus.WarnLevel,
	}
	levelWords = map[string]string{"trace": "debug", "debug": "debug", "info": "notice", "warn": "warning", "warning": "warning", "error": "warning"}
)

// settingsChanged obeys what SENTINEL CONFIG SET changed about this process.
func (p *parts) settingsChanged(s sentinel.Settings) {
	log, ok := p.log.(*logrus.Logger)
	if !ok {
		return
	}
	level, changed := levels[s.Values[sentinel.SettingLogLevel]]
	if !changed {
		level, _ = logrus.ParseLevel(p.config.LogLevel) // it was validated
	}
	log.SetLevel(level)
}
