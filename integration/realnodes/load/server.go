package load

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// Port is where a pod with loads takes orders.
const Port = 8080

// checkMost is how long the search for the writes of a load may take.
const checkMost = time.Minute

// Server begins and ends loads by HTTP.
type Server struct {
	mu    sync.Mutex
	loads map[string]*running
}

// Handler serves POST /begin, GET /progress and POST /end.
func (s *Server) Handler() http.Handler {
	s.loads = map[string]*running{}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /begin", func(w http.ResponseWriter, request *http.Request) {
		var plan Plan
		if err := json.NewDecoder(request.Body).Decode(&plan); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.loads[plan.Name] != nil {
			http.Error(w, "there is a load "+plan.Name, http.StatusConflict)
			return
		}
		s.loads[plan.Name] = start(plan)
	})
	mux.HandleFunc("GET /progress", func(w http.ResponseWriter, request *http.Request) {
		if r := s.find(w, request, false); r != nil {
			_ = json.NewEncoder(w).Encode(r.progress())
		}
	})
	mux.HandleFunc("POST /end", func(w http.ResponseWriter, request *http.Request) {
		r := s.find(w, request, true)
		if r == nil {
			return
		}
		ctx, cancel := context.WithTimeout(request.Context(), checkMost)
		defer cancel()
		report, err := r.end(ctx)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(report)
	})
	return mux
}

func (s *Server) find(w http.ResponseWriter, request *http.Request, take bool) *running {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := request.URL.Query().Get("name")
	r := s.loads[name]
	if r == nil {
		http.Error(w, "there is no load "+name, http.StatusNotFound)
	}
	if take {
		delete(s.loads, name)
	}
	return r
}
