import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.SingleValidationMessage;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.r5.utils.validation.constants.BestPracticeWarningLevel;

/** Judges R4 resources, one in JSON a line in: for each, in order, its findings a line (severity, place, text), then a dot. */
public class Judge {
  public static void main(String[] arguments) throws Exception {
    FhirContext context = FhirContext.forR4();
    FhirInstanceValidator instance = new FhirInstanceValidator(new ValidationSupportChain(
        new DefaultProfileValidationSupport(context),
        new CommonCodeSystemsTerminologyService(context),
        new InMemoryTerminologyServerValidationSupport(context)));
    instance.setBestPracticeWarningLevel(BestPracticeWarningLevel.Ignore);
    instance.setAnyExtensionsAllowed(true);
    FhirValidator validator = context.newValidator().registerValidatorModule(instance);

    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    ExecutorService threads = Executors.newFixedThreadPool(2);
    Queue<Future<String>> waiting = new ArrayDeque<>();
    for (String line; (line = in.readLine()) != null; ) {
      String resource = line;
      waiting.add(threads.submit(() -> findings(validator, resource)));
      while (waiting.size() > 64 || (!waiting.isEmpty() && waiting.peek().isDone())) {
        out.print(waiting.remove().get());
      }
    }
    while (!waiting.isEmpty()) {
      out.print(waiting.remove().get());
    }
    out.flush();
    threads.shutdown();
  }

  private static String findings(FhirValidator validator, String resource) {
    StringBuilder found = new StringBuilder();
    for (SingleValidationMessage one : validator.validateWithResult(resource).getMessages()) {
      if (one.getSeverity() != ResultSeverityEnum.INFORMATION) {
        found.append(one.getSeverity().getCode()).append('\t').append(one.getLocationString()).append('\t')
            .append(one.getMessage().replaceAll("\\s+", " ")).append('\n');
      }
    }
    return found.append(".\n").toString();
  }
}
