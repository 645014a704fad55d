# Does with the stomp gem what the plan says, and prints what it sees as JSON lines. The steps: ../plan.ts.
require 'json'
require 'stomp'
require 'timeout'

PLAN = JSON.parse(ARGV[0])
PATIENCE = 15
$stdout.sync = true

def say(event, more = {})
  puts JSON.generate({ event: event }.merge(more))
end

def ssl
  return false unless PLAN['ca']
  Stomp::SSLParams.new(ts_files: PLAN['ca'])
end

headers = PLAN['connect'].dup
unless PLAN['version'] == '1.0'
  headers.merge!('accept-version' => PLAN['version'], 'host' => 'localhost')
  headers['heart-beat'] = "#{PLAN['heartBeat']},#{PLAN['heartBeat']}" if PLAN['heartBeat'] > 0
end
hosts = PLAN['ports'].map { |port| { login: 'user', passcode: 'secret', host: PLAN['host'], port: port, ssl: ssl } }
begin
  client = Stomp::Client.new(hosts: hosts, connect_headers: headers, reliable: PLAN['ports'].length > 1, randomize: false,
                             initial_reconnect_delay: 0.01, max_reconnect_delay: 0.1, start_timeout: 0)
rescue StandardError => e
  say('error', message: e.message)
  exit 1
end
say('connected', version: client.protocol)

messages = []
inbox = Queue.new
settled = lambda do |step|
  step['transaction'] ? { transaction: step['transaction'] } : {}
end
# Sends with a receipt and waits for it; nil when it did not come.
receipted = lambda do |destination, body, more, patience|
  got = Queue.new
  begin
    client.publish(destination, body, more) { |frame| got << frame }
    Timeout.timeout(patience) { got.pop }
  rescue Timeout::Error
    nil
  end
end

PLAN['steps'].each do |step|
  more = step['headers'] || {}
  case step['do']
  when 'send'
    if step['receipt']
      say('receipt', body: step['body']) if receipted.call(step['destination'], step['body'], more, PATIENCE)
    else
      client.publish(step['destination'], step['body'], more)
    end
  when 'subscribe'
    begin
      done = Queue.new
      subscription = more.merge('id' => step['id'], 'ack' => step['ack'])
      client.subscribe(step['destination'], subscription) { |message| inbox << message }
      # This library has no receipt for SUBSCRIBE: one for a transaction that does nothing comes behind it.
      client.publish('/topic/nobody', 'x') { |_| done << true }
      Timeout.timeout(PATIENCE) { done.pop }
      say('subscribed')
    rescue Stomp::Error::BrokerException => e
      say('error', message: e.message.to_s)
      say('refused')
      # The library raised this inside the thread that was reading: its connection is of no further use.
      say('done')
      exit!(0)
    end
  when 'unsubscribe'
    client.unsubscribe(step['destination'], more.merge('id' => step['id']))
  when 'take'
    step['count'].times do
      message = Timeout.timeout(PATIENCE) { inbox.pop }
      messages << message
      say('message', body: message.body.dup.force_encoding('UTF-8'), headers: message.headers)
    end
  when 'ack' then client.ack(messages[step['message']], settled.call(step))
  when 'nack' then client.nack(messages[step['message']], settled.call(step))
  when 'begin' then client.begin(step['transaction'])
  when 'commit' then client.commit(step['transaction'])
  when 'abort' then client.connection_frame && client.instance_variable_get(:@connection).abort(step['transaction'])
  when 'idle'
    sleep(step['ms'] / 1000.0)
    say('idle', open: client.open?)
  when 'flood'
    # One thread: this library's reader and a sender that reconnects can lock each other out for ever.
    client.close
    single = Stomp::Connection.new(hosts: hosts, connect_headers: headers, reliable: true, randomize: false,
                                   initial_reconnect_delay: 0.01, max_reconnect_delay: 0.1)
    step['count'].times do |number|
      body = "f#{number}"
      confirmed = false
      until confirmed
        begin
          Timeout.timeout(2) do
            single.publish(step['destination'], body, { 'persistent' => 'true', 'receipt' => body })
            frame = single.receive
            confirmed = !frame.nil? && frame.command == 'RECEIPT' && frame.headers['receipt-id'] == body
          end
        rescue Timeout::Error
          nil
        end
      end
      say('receipt', body: body)
    end
    single.disconnect
    say('done')
    exit!(0)
  end
end
client.close('receipt' => 'bye')
say('done')
