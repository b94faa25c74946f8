// A receiver for Go 1.22 and later, with the standard library only. Run it with the secret from the endpoint's page:
//
//	BELLWIRE_WEBHOOK_SECRET=whsec_… PORT=4000 go run receiver.go
package main

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

const (
	bodyBytesMax = 10 << 20
	readTimeout  = 10 * time.Second
	tolerance    = 300 * time.Second // a recorded request has a valid signature, so its age is limited
	keyBytesMin  = 24
)

var (
	base64Text = regexp.MustCompile(`^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$`)
	seconds    = regexp.MustCompile(`^[0-9]{1,12}$`)
)

func main() {
	keys, err := readSecrets(os.Getenv("BELLWIRE_WEBHOOK_SECRET"))
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+cmp.Or(os.Getenv("PORT"), "4000"))
	if err != nil {
		log.Fatal(err)
	}
	inbox := &inbox{keys: keys, done: map[string]bool{}, newest: map[string]int64{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /", inbox.receive)
	server := http.Server{Handler: mux, ReadTimeout: readTimeout}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	log.Fatal(server.Serve(listener))
}

// readSecrets returns the keys of one secret, or of two during a rotation. Anybody can sign with an empty key, so none may be.
func readSecrets(text string) ([][]byte, error) {
	var keys [][]byte
	for _, secret := range strings.Split(text, ",") {
		encoded := strings.TrimPrefix(strings.TrimSpace(secret), "whsec_")
		if !base64Text.MatchString(encoded) {
			return nil, errors.New("the signing secret is not base64: copy it whole from the endpoint's page")
		}
		key, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return nil, errors.New("the signing secret is not base64")
		}
		if len(key) < keyBytesMin {
			const reason = "the signing secret in BELLWIRE_WEBHOOK_SECRET has %d bytes; at least %d are required"
			return nil, fmt.Errorf(reason, len(key), keyBytesMin)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// inbox takes in each event once. A real receiver stores the ids and sequences in its database, in the transaction that
// processes the event: memory is limited, and empty after a restart.
type inbox struct {
	keys   [][]byte
	mutex  sync.Mutex
	done   map[string]bool
	newest map[string]int64
}

func (in *inbox) receive(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength > bodyBytesMax {
		http.Error(w, "the body is too long", http.StatusRequestEntityTooLarge)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyBytesMax))
	if tooLong := new(http.MaxBytesError); errors.As(err, &tooLong) {
		http.Error(w, "the body is too long", http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil { // the sender left within the body, or was too slow
		http.Error(w, "the body is incomplete", http.StatusRequestTimeout)
		return
	}
	if reason := distrust(r.Header, body, in.keys, time.Now()); reason != "" {
		http.Error(w, reason, http.StatusUnauthorized)
		return
	}
	if err := in.takeIn(r.Header, body); err != nil {
		http.Error(w, err.Error(), http.StatusUnprocessableEntity)
		return
	}
	w.WriteHeader(http.StatusOK) // exactly 200: Bellwire retries after any other status
}

// distrust returns the reason why none of the keys signed the request recently, or "" if one did.
func distrust(header http.Header, body []byte, keys [][]byte, now time.Time) string {
	id, timestamp, signature := header.Get("webhook-id"), header.Get("webhook-timestamp"), header.Get("webhook-signature")
	if id == "" || timestamp == "" || signature == "" {
		return "header-missing"
	}
	if !seconds.MatchString(timestamp) {
		return "timestamp-unreadable"
	}
	sent, _ := strconv.ParseInt(timestamp, 10, 64)
	if now.After(time.Unix(sent, 0).Add(tolerance)) {
		return "too-old"
	}
	if now.Before(time.Unix(sent, 0).Add(-tolerance)) {
		return "too-new"
	}
	isRight := false
	for _, key := range keys {
		// The signature covers the bytes as sent: parsing and serializing would change them.
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%s.%s", id, timestamp, body)
		right := []byte("v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		for _, candidate := range strings.Split(signature, " ") {
			isRight = hmac.Equal([]byte(candidate), right) || isRight
		}
	}
	if !isRight {
		return "signature-wrong"
	}
	return ""
}

func (in *inbox) takeIn(header http.Header, body []byte) error {
	sequence, err := strconv.ParseInt(header.Get("bellwire-sequence"), 10, 64)
	actor := header.Get("bellwire-actor")
	if err != nil || sequence < 0 || actor == "" || header.Get("bellwire-event-type") == "" {
		return errors.New("the headers of an event are missing or invalid")
	}
	event, err := readEvent(header, body)
	if err != nil {
		return fmt.Errorf("the body is not an event: %w", err)
	}
	if header.Get("bellwire-test") == "true" {
		return nil // a sample, which is not an event
	}
	in.mutex.Lock()
	defer in.mutex.Unlock()
	id, object := header.Get("webhook-id"), objectName(event.kind)+" "+event.fields["id"]
	if in.done[id] {
		return nil
	}
	// An event has the whole object, so one that a newer event has overtaken is out of date.
	if last, known := in.newest[object]; !known || sequence > last {
		fmt.Printf("%s %s %s by %s\n", event.kind, event.fields["id"], event.action, actor)
		in.newest[object] = sequence
	}
	in.done[id] = true
	return nil
}

// event has the fields of its object as text, without lists and records.
type event struct {
	kind, action string
	fields       map[string]string
}

func readEvent(header http.Header, body []byte) (event, error) {
	var found event
	var err error
	if strings.Contains(header.Get("content-type"), "json") {
		found, err = readJSON(body, header.Get("bellwire-event-type"))
	} else {
		found, err = readXML(body)
	}
	if err == nil && (found.action == "" || found.fields["id"] == "") {
		err = errors.New("it has no action, or no object with an id")
	}
	return found, err
}

// objectName returns the name of the object in the body: deliveries.exhausted is about an endpoint.
func objectName(kind string) string {
	if kind == "deliveries" {
		return "endpoint"
	}
	return kind
}

type element struct {
	XMLName  xml.Name
	Text     string    `xml:",chardata"`
	Children []element `xml:",any"`
}

func readXML(body []byte) (event, error) {
	// Events have no document type. Go expands none of its entities; others that read the body later might.
	for tokens := xml.NewDecoder(bytes.NewReader(body)); ; {
		token, err := tokens.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return event{}, err
		}
		if _, isDoctype := token.(xml.Directive); isDoctype {
			return event{}, errors.New("document types are not accepted")
		}
	}
	var envelope struct {
		XMLName xml.Name `xml:"event"`
		Action  string   `xml:"action"`
		Type    string   `xml:"type"`
		Object  struct {
			Items []element `xml:",any"`
		} `xml:"object"`
	}
	if err := xml.Unmarshal(body, &envelope); err != nil {
		return event{}, err
	}
	items := envelope.Object.Items
	if len(items) != 1 || items[0].XMLName.Local != objectName(envelope.Type) {
		return event{}, errors.New("it has no object of its type")
	}
	fields := map[string]string{}
	for _, field := range items[0].Children {
		fields[field.XMLName.Local] = field.Text
	}
	return event{envelope.Type, envelope.Action, fields}, nil
}

func readJSON(body []byte, eventType string) (event, error) {
	if !utf8.Valid(body) {
		return event{}, errors.New("it is not UTF-8")
	}
	var envelope struct {
		Type string                     `json:"type"`
		Data map[string]json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return event{}, err
	}
	if envelope.Type == "" { // the format cloudevents-binary: the data only, with the type in the headers
		envelope.Type = eventType
		if err := json.Unmarshal(body, &envelope.Data); err != nil {
			return event{}, err
		}
	}
	kind, action, _ := strings.Cut(envelope.Type, ".")
	var object map[string]any
	numbers := json.NewDecoder(bytes.NewReader(envelope.Data[objectName(kind)]))
	numbers.UseNumber() // a float64 would round large ids
	if err := numbers.Decode(&object); err != nil {
		return event{}, errors.New("it has no object of its type")
	}
	fields := map[string]string{}
	for name, value := range object {
		switch value.(type) {
		case string, json.Number, bool:
			fields[name] = fmt.Sprint(value)
		}
	}
	return event{kind, action, fields}, nil
}
