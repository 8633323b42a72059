package load

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Client orders loads from a pod.
type Client struct{ Address string } // host:port

// Begin starts a load.
func (c Client) Begin(ctx context.Context, plan Plan) error {
	body, err := json.Marshal(plan)
	if err != nil {
		return err
	}
	_, err = c.call(ctx, http.MethodPost, "/begin", bytes.NewReader(body))
	return err
}

// Progress is how far a load has come.
func (c Client) Progress(ctx context.Context, name string) (p Progress, err error) {
	text, err := c.call(ctx, http.MethodGet, "/progress?name="+url.QueryEscape(name), nil)
	if err != nil {
		return Progress{}, err
	}
	return p, json.Unmarshal(text, &p)
}

// End stops a load, looks for its writes and returns what it has seen.
func (c Client) End(ctx context.Context, name string) (report Report, err error) {
	text, err := c.call(ctx, http.MethodPost, "/end?name="+url.QueryEscape(name), nil)
	if err != nil {
		return Report{}, err
	}
	return report, json.Unmarshal(text, &report)
}

func (c Client) call(ctx context.Context, method, path string, body io.Reader) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+c.Address+path, body)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s", method, path, strings.TrimSpace(string(text)))
	}
	return text, err
}
