# A receiver for Ruby 3.1 and later, without gems beside those that come with Ruby (json, rexml). Run it with the secret from
# the endpoint's page:
#
#     BELLWIRE_WEBHOOK_SECRET=whsec_… PORT=4000 ruby receiver.rb
#
# Receiver is a Rack application: in Rails, `mount Receiver.new(keys), at: "/webhooks"`. Ruby comes without a web server, so
# the end of this file has a small one.

require "json"
require "openssl"
require "rexml/document"
require "socket"
require "stringio"
require "timeout"

BODY_BYTES_MAX = 10 * 1024 * 1024
REQUEST_SECONDS_MAX = 10
TOLERANCE_SECONDS = 300 # a recorded request has a valid signature, so its age is limited
KEY_BYTES_MIN = 24
BASE64 = %r{\A(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\z}

# A request that is not answered with 200, so that Bellwire keeps the event and shows the reason.
class Refused < StandardError
  attr_reader :status

  def initialize(status, reason)
    super(reason)
    @status = status
  end
end

# Returns the keys of one secret, or of two during a rotation. Anybody can sign with an empty key, so none may be.
def read_secrets(text)
  secrets = text.empty? ? [""] : text.split(",", -1)
  secrets.map do |secret|
    encoded = secret.strip.delete_prefix("whsec_")
    raise ArgumentError, "The signing secret is not base64. Copy it from the endpoint's page." unless BASE64.match?(encoded)

    key = encoded.unpack1("m")
    next key if key.bytesize >= KEY_BYTES_MIN

    raise ArgumentError, "The signing secret in BELLWIRE_WEBHOOK_SECRET has #{key.bytesize} bytes; " \
                         "at least #{KEY_BYTES_MIN} are required."
  end
end

# Reads events in each of Bellwire's formats.
module Events
  # The fields of the object by name.
  Event = Struct.new(:type, :action, :fields)

  def self.read(body, content_type, type_in_headers)
    text = body.dup.force_encoding(Encoding::UTF_8)
    raise Refused.new(422, "The body is not UTF-8.") unless text.valid_encoding?

    event = content_type.include?("json") ? read_json(text, type_in_headers) : read_xml(text)
    return event unless event.nil? || event.action.to_s.empty? || event.fields["id"].to_s.empty?

    raise Refused.new(422, "The body is not an event.")
  rescue JSON::ParserError, REXML::ParseException, ArgumentError => error
    raise Refused.new(422, "The body is not an event: #{error.message.lines.first}")
  end

  # The event deliveries.exhausted is about an endpoint.
  def self.object_name(type)
    type == "deliveries" ? "endpoint" : type
  end

  def self.read_xml(text)
    # Events have no document type, whose entities can grow without limit. REXML would ignore unknown ones.
    raise ArgumentError, "document types are not accepted" if text.include?("<!DOCTYPE")
    raise ArgumentError, "an entity is unknown" if text.match?(/&(?!(?:amp|lt|gt|quot|apos|#\w+);)/)

    event = REXML::Document.new(text).root
    return unless event&.name == "event"

    type = event.elements["type"]&.text
    objects = event.elements["object"]&.elements.to_a
    return unless objects.map(&:name) == [object_name(type)]

    Event.new(type, event.elements["action"]&.text, objects.first.elements.to_h { |field| [field.name, field.text] })
  end

  def self.read_json(text, type_in_headers)
    event = JSON.parse(text)
    return unless event.is_a?(Hash)

    # The format cloudevents-binary has the data only, and the type in the headers.
    is_envelope = event["type"].is_a?(String) && event["data"].is_a?(Hash)
    event = { "type" => type_in_headers, "data" => event } unless is_envelope
    type, action = event["type"].split(".", 2)
    fields = event["data"][object_name(type)]
    Event.new(type, action, fields) if fields.is_a?(Hash)
  end
end

# Takes in each event once. A real receiver stores the ids and sequences in its database, in the transaction that processes the
# event: memory is limited, and empty after a restart.
class Receiver
  def initialize(keys)
    @keys = keys
    @lock = Mutex.new
    @done = {}
    @newest = {}
  end

  def call(env)
    body = env["rack.input"].read(BODY_BYTES_MAX + 1).to_s
    raise Refused.new(413, "The body is longer than #{BODY_BYTES_MAX} bytes.") if body.bytesize > BODY_BYTES_MAX

    verify(env, body)
    take_in(env, Events.read(body, env["CONTENT_TYPE"].to_s, env["HTTP_BELLWIRE_EVENT_TYPE"].to_s))
    [200, {}, []] # exactly 200: Bellwire retries after any other status
  rescue Refused => refused
    [refused.status, { "content-type" => "text/plain" }, [refused.message]]
  end

  private

  # Refuses a request that none of the keys signed recently.
  def verify(env, body)
    id, timestamp, signature = %w[ID TIMESTAMP SIGNATURE].map { |name| env["HTTP_WEBHOOK_#{name}"].to_s }
    raise Refused.new(401, "header-missing") if [id, timestamp, signature].any?(&:empty?)
    raise Refused.new(401, "timestamp-unreadable") unless timestamp.match?(/\A[0-9]{1,12}\z/)

    age = Time.now.to_f - timestamp.to_i
    raise Refused.new(401, age.positive? ? "too-old" : "too-new") if age.abs > TOLERANCE_SECONDS

    # The signature covers the bytes as sent: parsing and serializing would change them.
    signed = "#{id}.#{timestamp}.".b + body.b
    rights = @keys.map { |key| "v1,#{[OpenSSL::HMAC.digest("SHA256", key, signed)].pack("m0")}" }
    matches = rights.product(signature.split(" ")).map { |right, given| OpenSSL.secure_compare(right, given) }
    raise Refused.new(401, "signature-wrong") if matches.none?
  end

  def take_in(env, event)
    id, sequence, actor = %w[WEBHOOK_ID BELLWIRE_SEQUENCE BELLWIRE_ACTOR].map { |name| env["HTTP_#{name}"].to_s }
    is_complete = sequence.match?(/\A[0-9]{1,15}\z/) && !actor.empty? && !env["HTTP_BELLWIRE_EVENT_TYPE"].to_s.empty?
    raise Refused.new(422, "The headers of an event are missing or invalid.") unless is_complete
    return if env["HTTP_BELLWIRE_TEST"] == "true" # a sample, which is not an event

    object = [Events.object_name(event.type), event.fields["id"].to_s]
    @lock.synchronize do
      next if @done[id]

      # An event has the whole object, so one that a newer event has overtaken is out of date.
      if sequence.to_i > @newest.fetch(object, -1)
        puts "#{event.type} #{object.last} #{event.action} by #{actor}"
        @newest[object] = sequence.to_i
      end
      @done[id] = true
    end
  end
end

# Answers one request per connection. Use Puma or another server in production.
class SmallServer
  def initialize(application, port)
    @application = application
    @server = TCPServer.new("127.0.0.1", port)
  end

  def run
    puts "listening on http://127.0.0.1:#{@server.local_address.ip_port}"
    loop { Thread.new(@server.accept) { |socket| serve(socket) } }
  end

  private

  def serve(socket)
    env = Timeout.timeout(REQUEST_SECONDS_MAX) { read_request(socket) }
    answer(socket, *@application.call(env))
  rescue Timeout::Error
    answer(socket, 408, {}, ["The request took too long."])
  rescue Refused => refused
    answer(socket, refused.status, {}, [refused.message])
  rescue IOError, SystemCallError
    nil # the sender left within the request
  ensure
    socket.close
  end

  def read_request(socket)
    env = { "REQUEST_METHOD" => socket.gets("\r\n", 8192).to_s[/\A\w+/] }
    until (line = socket.gets("\r\n", 8192).to_s.chomp).empty?
      name, value = line.split(/:[ \t]*/, 2)
      name = name.upcase.tr("-", "_")
      env[name.start_with?("CONTENT_") ? name : "HTTP_#{name}"] = value
      raise Refused.new(431, "There are too many headers.") if env.size > 100
    end
    raise Refused.new(405, "Webhooks are sent with POST.") unless env["REQUEST_METHOD"] == "POST"

    length = env["CONTENT_LENGTH"].to_s
    raise Refused.new(411, "The length of the body is missing.") unless length.match?(/\A[0-9]{1,15}\z/)
    raise Refused.new(413, "The body is longer than #{BODY_BYTES_MAX} bytes.") if length.to_i > BODY_BYTES_MAX

    body = socket.read(length.to_i).to_s # nil if the sender left before the body
    raise EOFError if body.bytesize < length.to_i

    env.merge("rack.input" => StringIO.new(body))
  end

  def answer(socket, status, headers, body)
    text = body.join
    headers = headers.merge("content-length" => text.bytesize, "connection" => "close")
    lines = headers.map { |name, value| "#{name}: #{value}\r\n" }
    socket.write("HTTP/1.1 #{status} #{status == 200 ? "OK" : "Refused"}\r\n#{lines.join}\r\n#{text}")
  end
end

if $PROGRAM_NAME == __FILE__
  $stdout.sync = true
  begin
    keys = read_secrets(ENV.fetch("BELLWIRE_WEBHOOK_SECRET", ""))
  rescue ArgumentError => error
    abort error.message
  end
  SmallServer.new(Receiver.new(keys), Integer(ENV.fetch("PORT", "4000"))).run
end
