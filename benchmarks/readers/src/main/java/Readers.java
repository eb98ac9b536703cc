import ca.uhn.hl7v2.DefaultHapiContext;
import ca.uhn.hl7v2.HapiContext;
import ca.uhn.hl7v2.parser.Parser;
import ca.uhn.hl7v2.validation.impl.ValidationContextFactory;
import io.github.linuxforhealth.hl7.HL7ToFHIRConverter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Messages a second on one thread, each of several runs a line: `hapi|converter FILE SECONDS RUNS`, after a warm-up. */
public class Readers {
  private interface Work {
    Object on(String message) throws Exception;
  }

  public static void main(String[] arguments) throws Exception {
    String message = Files.readString(Path.of(arguments[1]), StandardCharsets.UTF_8);
    double seconds = Double.parseDouble(arguments[2]);
    Work work = arguments[0].equals("hapi") ? parser() : converter();
    run(work, message, 2 * seconds);
    for (int i = 0; i < Integer.parseInt(arguments[3]); i++) {
      System.out.println(run(work, message, seconds));
    }
  }

  private static double run(Work work, String message, double seconds) throws Exception {
    long start = System.nanoTime();
    long until = start + (long) (seconds * 1e9);
    int count = 0;
    while (System.nanoTime() < until) {
      if (work.on(message) == null) {
        throw new IllegalStateException("nothing came of the message");
      }
      count++;
    }
    return count / ((System.nanoTime() - start) / 1e9);
  }

  private static Work parser() {
    HapiContext context = new DefaultHapiContext();
    context.setValidationContext(ValidationContextFactory.noValidation());
    Parser parser = context.getPipeParser();
    return parser::parse;
  }

  private static Work converter() {
    HL7ToFHIRConverter converter = new HL7ToFHIRConverter();
    return converter::convert;
  }
}
