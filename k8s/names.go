package k8s

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// The labels and annotations that people and charts write or read.
const (
	// Prefix is shared by all our labels and annotations.
	Prefix = "redis-sentinel-k8s/"
	// LabelMaster on a pod names the master that it belongs to.
	LabelMaster = Prefix + "master-name"
	// LabelRole on a pod is written by us: master or replica.
	LabelRole = Prefix + "role"
	// AnnotationPort on a Redis pod, or on the StatefulSet for all its pods, is Redis's
	// port. That of a pod wins: while a template with another port rolls out, the pods
	// that run still have the one that they were started with.
	AnnotationPort = Prefix + "port"
	// AnnotationService on a StatefulSet is the Service through which plain clients reach
	// the master: name, or name:port with the name of its port. Its EndpointSlice is
	// written by us; it should select pods by LabelEndpoint.
	AnnotationService = Prefix + "master-service"
	// AnnotationPromote on a StatefulSet is a person's decision that a pod becomes master.
	AnnotationPromote = Prefix + "promote"
	// AnnotationMembers on a StatefulSet says whose pods are its set: owned, those that it
	// made, or labelled, those without a controller too.
	AnnotationMembers = Prefix + "members"
	// AnnotationRecord on a Lease holds the record as JSON; a label of the same
	// name tells whose record it is.
	AnnotationRecord = Prefix + "record"
	// AnnotationBlind on the leader Lease names its holder while that one reaches no Redis.
	AnnotationBlind = Prefix + "blind"
)

const leaderSuffix = "sentinel-leader"

// LeaderLease is the name of the Lease that the leader holds.
func LeaderLease(prefix string) string { return prefix + leaderSuffix }

// RecordLease is the name of the Lease that holds the record of a master: prefix
// and name as they are where Kubernetes allows that, so that a person finds it,
// else a legal spelling with a hash that keeps different names apart.
func RecordLease(prefix, master string) string {
	name := prefix + master
	if master != leaderSuffix && master != settingsSuffix && len(validation.IsDNS1123Subdomain(name)) == 0 {
		return name
	}
	return slug(name, validation.DNS1123SubdomainMaxLength)
}

// recordLabel marks the Leases of one release, so that a neighbour in the same
// namespace watches its own only.
func recordLabel(prefix string) string {
	value := strings.Trim(prefix, "-.")
	if value != "" && len(validation.IsValidLabelValue(value)) == 0 {
		return value
	}
	return slug("record-"+prefix, validation.LabelValueMaxLength)
}

// slug spells text with lower-case letters, digits and dashes, at most limit long.
func slug(text string, limit int) string {
	sum := sha256.Sum256([]byte(text))
	suffix := hex.EncodeToString(sum[:4])
	plain := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(text))
	plain = strings.Trim(plain[:min(len(plain), limit-len(suffix)-1)], "-")
	return strings.TrimPrefix(plain+"-"+suffix, "-")
}

// validPrefix refuses a prefix that no Lease name can begin with.
func validPrefix(prefix string) error {
	if wrong := validation.IsDNS1123Subdomain(LeaderLease(prefix)); len(wrong) > 0 {
		return fmt.Errorf("lease prefix %q: %s", prefix, wrong[0])
	}
	return nil
}
