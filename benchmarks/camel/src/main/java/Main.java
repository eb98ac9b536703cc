import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.component.mllp.MllpComponent;
import org.apache.camel.component.mllp.MllpConstants;
import org.apache.camel.model.ProcessorDefinition;

/**
 * Apache Camel as the peer: HL7 v2 over MLLP to a Kafka topic, acknowledged once Kafka has confirmed it.
 *
 * Arguments: bytes|hapi PORT BROKERS TOPIC [OPTIONS]. "bytes" leaves the message untouched, "hapi" parses it with HAPI
 * and encodes it again. OPTIONS are more options of the Kafka endpoint: deliveryTimeoutMs=8000&amp;maxBlockMs=8000.
 */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) throws Exception {
        String options = arguments.length > 4 ? "&" + arguments[4] : "";
        var main = new org.apache.camel.main.Main();
        main.configure().addRoutesBuilder(new Intake(
            arguments[0].equals("hapi"), listen(arguments[1]), publish(arguments[2], arguments[3]) + options));
        main.run();
    }

    /**
     * By default 5 connections are served and 5 more may wait, which a burst of senders overruns; and patient data is
     * logged. The payload stays bytes: a string would go through the charset of MSH-18 and back.
     */
    private static String listen(String port) {
        return "mllp:127.0.0.1:" + port
            + "?autoAck=true&stringPayload=false&maxConcurrentConsumers=1000&backlog=1000";
    }

    /** As safe as Wasl's own producer, and batched alike. */
    private static String publish(String brokers, String topic) {
        return "kafka:" + topic + "?brokers=" + brokers
            + "&requestRequiredAcks=all&enableIdempotence=true&lingerMs=0&producerBatchSize=262144&compressionCodec=lz4"
            + "&keySerializer=org.apache.kafka.common.serialization.StringSerializer"
            + "&valueSerializer=org.apache.kafka.common.serialization.ByteArraySerializer";
    }

    /** The route; keyed by sending application, for otherwise nothing keeps the order of a sender's messages. */
    private static final class Intake extends RouteBuilder {
        private final boolean parsed;
        private final String from;
        private final String to;

        Intake(boolean parsed, String from, String to) {
            this.parsed = parsed;
            this.from = from;
            this.to = to;
        }

        @Override
        public void configure() {
            getContext().getComponent("mllp", MllpComponent.class).setLogPhi(false);
            ProcessorDefinition<?> route = from(from)
                .setHeader(KafkaConstants.KEY, header(MllpConstants.MLLP_SENDING_APPLICATION));
            if (parsed) {
                route = route.unmarshal().hl7(false).marshal().hl7(false);
            }
            route.to(to);
        }
    }
}
