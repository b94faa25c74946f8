import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.SAXException;
import org.xml.sax.helpers.DefaultHandler;

/**
 * A receiver for Java 17 and later, with the JDK only. Run it with the secret from the endpoint's page:
 *
 * <pre>BELLWIRE_WEBHOOK_SECRET=whsec_… PORT=4000 java Receiver.java</pre>
 */
public class Receiver {
    static final int BODY_BYTES_MAX = 10 * 1024 * 1024;
    static final int REQUEST_SECONDS_MAX = 10;
    static final int TOLERANCE_SECONDS = 300; // a recorded request has a valid signature, so its age is limited
    static final int KEY_BYTES_MIN = 24;
    static final Pattern BASE64 = Pattern.compile("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?");

    /** The fields of the object as text, without lists and records. */
    record Event(String type, String action, Map<String, String> fields) {}

    /** A request that is not answered with 200, so that Bellwire keeps the event and shows the reason. */
    static class Refused extends Exception {
        final int status;

        Refused(int status, String reason) {
            super(reason);
            this.status = status;
        }
    }

    final List<byte[]> keys;
    // A real receiver stores ids and sequences in its database, in the transaction that processes the event: memory is
    // limited, and empty after a restart.
    final Set<String> done = new HashSet<>();
    final Map<String, Long> newest = new HashMap<>();

    Receiver(List<byte[]> keys) {
        this.keys = keys;
    }

    public static void main(String[] arguments) throws IOException {
        var receiver = new Receiver(readSecrets(System.getenv().getOrDefault("BELLWIRE_WEBHOOK_SECRET", "")));
        System.setProperty("sun.net.httpserver.maxReqTime", String.valueOf(REQUEST_SECONDS_MAX));
        var port = Integer.parseInt(System.getenv().getOrDefault("PORT", "4000"));
        var server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.createContext("/", receiver::receive);
        server.setExecutor(Executors.newCachedThreadPool()); // from Java 21: newVirtualThreadPerTaskExecutor
        server.start();
        System.out.println("listening on http://127.0.0.1:" + server.getAddress().getPort());
    }

    /** Returns the keys of one secret, or of two during a rotation. Anybody can sign with an empty key, so none may be. */
    static List<byte[]> readSecrets(String text) {
        var keys = new ArrayList<byte[]>();
        for (var secret : text.split(",", -1)) {
            var encoded = secret.strip().replaceFirst("^whsec_", "");
            if (!BASE64.matcher(encoded).matches())
                throw new IllegalArgumentException("The signing secret is not base64. Copy it from the endpoint's page.");
            var key = Base64.getDecoder().decode(encoded);
            if (key.length < KEY_BYTES_MIN)
                throw new IllegalArgumentException("The signing secret in BELLWIRE_WEBHOOK_SECRET has " + key.length
                    + " bytes; at least " + KEY_BYTES_MIN + " are required.");
            keys.add(key);
        }
        return keys;
    }

    void receive(HttpExchange exchange) throws IOException {
        try (exchange) {
            try {
                if (!exchange.getRequestMethod().equals("POST")) throw new Refused(405, "Webhooks are sent with POST.");
                var body = readBody(exchange);
                verify(exchange.getRequestHeaders(), body);
                takeIn(exchange.getRequestHeaders(), readEvent(exchange.getRequestHeaders(), body));
                exchange.sendResponseHeaders(200, -1); // exactly 200: Bellwire retries after any other status
            } catch (Refused refused) {
                var reason = refused.getMessage().getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(refused.status, reason.length);
                try (var response = exchange.getResponseBody()) {
                    response.write(reason);
                }
            }
        }
    }

    /** Throws IOException if the sender leaves within the body, or is too slow. */
    static byte[] readBody(HttpExchange exchange) throws IOException, Refused {
        var length = exchange.getRequestHeaders().getFirst("content-length");
        var isTooLong = length != null && Long.parseLong(length) > BODY_BYTES_MAX;
        var body = isTooLong ? new byte[0] : exchange.getRequestBody().readNBytes(BODY_BYTES_MAX + 1);
        if (isTooLong || body.length > BODY_BYTES_MAX)
            throw new Refused(413, "The body is longer than " + BODY_BYTES_MAX + " bytes.");
        return body;
    }

    /** Refuses a request that none of the keys signed recently. */
    void verify(Headers headers, byte[] body) throws Refused {
        var id = headers.getFirst("webhook-id");
        var timestamp = headers.getFirst("webhook-timestamp");
        var signature = headers.getFirst("webhook-signature");
        if (isEmpty(id) || isEmpty(timestamp) || isEmpty(signature)) throw new Refused(401, "header-missing");
        if (!timestamp.matches("[0-9]{1,12}")) throw new Refused(401, "timestamp-unreadable");
        var age = System.currentTimeMillis() / 1000.0 - Long.parseLong(timestamp);
        if (Math.abs(age) > TOLERANCE_SECONDS) throw new Refused(401, age > 0 ? "too-old" : "too-new");
        var isRight = false;
        for (var key : keys) {
            var right = ("v1," + Base64.getEncoder().encodeToString(sign(key, id + "." + timestamp + ".", body))).getBytes();
            for (var candidate : signature.split(" ")) isRight |= MessageDigest.isEqual(candidate.getBytes(), right);
        }
        if (!isRight) throw new Refused(401, "signature-wrong");
    }

    /** Signs the bytes as sent: parsing and serializing would change them. */
    static byte[] sign(byte[] key, String head, byte[] body) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            mac.update(head.getBytes(StandardCharsets.ISO_8859_1));
            return mac.doFinal(body);
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    void takeIn(Headers headers, Event event) throws Refused {
        var sequence = headers.getFirst("bellwire-sequence");
        var actor = headers.getFirst("bellwire-actor");
        if (sequence == null || !sequence.matches("[0-9]{1,15}") || isEmpty(actor))
            throw new Refused(422, "The headers of an event are missing or invalid.");
        if ("true".equals(headers.getFirst("bellwire-test"))) return; // a sample, which is not an event
        var id = event.fields.get("id");
        var object = objectName(event.type) + " " + id;
        synchronized (done) {
            if (done.contains(headers.getFirst("webhook-id"))) return;
            // An event has the whole object, so one that a newer event has overtaken is out of date.
            if (Long.parseLong(sequence) > newest.getOrDefault(object, -1L)) {
                System.out.println(event.type + " " + id + " " + event.action + " by " + actor);
                newest.put(object, Long.parseLong(sequence));
            }
            done.add(headers.getFirst("webhook-id"));
        }
    }

    static Event readEvent(Headers headers, byte[] body) throws Refused {
        try {
            var eventType = headers.getFirst("bellwire-event-type");
            var contentType = headers.getFirst("content-type");
            if (isEmpty(eventType)) throw new IllegalArgumentException("the header bellwire-event-type is missing");
            var isJson = contentType != null && contentType.contains("json");
            var event = isJson ? readJson(body, eventType) : readXml(body);
            if (isEmpty(event.action) || isEmpty(event.fields.get("id")))
                throw new IllegalArgumentException("it has no action, or no object with an id");
            return event;
        } catch (SAXException | IOException | IllegalArgumentException error) {
            throw new Refused(422, "The body is not an event: " + error.getMessage());
        }
    }

    /** Returns the name of the object in the body: deliveries.exhausted is about an endpoint. */
    static String objectName(String type) {
        return type.equals("deliveries") ? "endpoint" : type;
    }

    static Event readXml(byte[] body) throws SAXException, IOException {
        var event = parseXml(body);
        var parts = childrenOf(event);
        if (!event.getTagName().equals("event") || parts.size() != 3)
            throw new IllegalArgumentException("the document is another one");
        var type = parts.get(1).getTextContent();
        var objects = childrenOf(parts.get(2));
        if (objects.size() != 1 || !objects.get(0).getTagName().equals(objectName(type)))
            throw new IllegalArgumentException("it has no object of its type");
        var fields = new HashMap<String, String>();
        for (var field : childrenOf(objects.get(0))) fields.put(field.getTagName(), field.getTextContent());
        return new Event(type, parts.get(0).getTextContent(), fields);
    }

    static Element parseXml(byte[] body) throws SAXException, IOException {
        try {
            var factory = DocumentBuilderFactory.newInstance();
            // Events have no document type, whose entities can grow without limit or name files and addresses.
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            var builder = factory.newDocumentBuilder();
            builder.setErrorHandler(new DefaultHandler()); // throws, and prints nothing
            return builder.parse(new ByteArrayInputStream(body)).getDocumentElement();
        } catch (ParserConfigurationException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    static List<Element> childrenOf(Element element) {
        var children = new ArrayList<Element>();
        for (Node node = element.getFirstChild(); node != null; node = node.getNextSibling())
            if (node instanceof Element child) children.add(child);
        return children;
    }

    static Event readJson(byte[] body, String typeInHeaders) throws CharacterCodingException {
        var text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
        if (!(new Json(text).document() instanceof Map<?, ?> document))
            throw new IllegalArgumentException("the document is another one");
        // The format cloudevents-binary has the data only, and the type in the headers.
        var isEnvelope = document.get("type") instanceof String && document.get("data") instanceof Map;
        var names = (isEnvelope ? document.get("type").toString() : typeInHeaders).split("\\.", 2);
        var data = isEnvelope ? (Map<?, ?>) document.get("data") : document;
        if (!(data.get(objectName(names[0])) instanceof Map<?, ?> object) || names.length < 2)
            throw new IllegalArgumentException("it has no object of its type");
        var fields = new HashMap<String, String>();
        object.forEach((name, value) -> {
            var isText = value != null && !(value instanceof Map) && !(value instanceof List);
            if (isText) fields.put(name.toString(), value.toString());
        });
        return new Event(names[0], names[1], fields);
    }

    static boolean isEmpty(String text) {
        return text == null || text.isEmpty();
    }

    /** Reads JSON, which the JDK cannot. A project with Jackson or Gson uses that instead. */
    static class Json {
        static final int DEPTH_MAX = 64;
        static final Pattern SCALAR =
            Pattern.compile("-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null");
        final String text;
        int at = 0;

        Json(String text) {
            this.text = text;
        }

        /** Returns a Map, a List, a String, the text of a number or boolean, or null. */
        Object document() {
            var document = value(0);
            skipBlanks();
            if (at < text.length()) throw wrong();
            return document;
        }

        Object value(int depth) {
            if (depth > DEPTH_MAX) throw wrong();
            skipBlanks();
            if (at < text.length() && text.charAt(at) == '"') return string();
            if (skip('{')) {
                var fields = new HashMap<String, Object>();
                while (!skip('}')) {
                    if (!fields.isEmpty()) expect(',');
                    var name = string();
                    expect(':');
                    fields.put(name, value(depth + 1));
                }
                return fields;
            }
            if (skip('[')) {
                var values = new ArrayList<Object>();
                while (!skip(']')) {
                    if (!values.isEmpty()) expect(',');
                    values.add(value(depth + 1));
                }
                return values;
            }
            var scalar = SCALAR.matcher(text).region(at, text.length());
            if (!scalar.lookingAt()) throw wrong();
            at = scalar.end();
            return scalar.group().equals("null") ? null : scalar.group();
        }

        String string() {
            expect('"');
            var string = new StringBuilder();
            for (;;) {
                var character = next();
                if (character == '"') return string.toString();
                if (character < ' ') throw wrong();
                string.append(character == '\\' ? escaped() : character);
            }
        }

        char escaped() {
            var character = next();
            if (character == 'u' && at + 4 <= text.length()) {
                at += 4;
                return (char) HexFormat.fromHexDigits(text, at - 4, at);
            }
            var place = "\"\\/bfnrt".indexOf(character);
            if (place < 0) throw wrong();
            return "\"\\/\b\f\n\r\t".charAt(place);
        }

        char next() {
            if (at == text.length()) throw wrong();
            return text.charAt(at++);
        }

        void skipBlanks() {
            while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at++;
        }

        boolean skip(char character) {
            skipBlanks();
            if (at == text.length() || text.charAt(at) != character) return false;
            at++;
            return true;
        }

        void expect(char character) {
            if (!skip(character)) throw wrong();
        }

        IllegalArgumentException wrong() {
            return new IllegalArgumentException("it is not JSON, at character " + at);
        }
    }
}
