using System.Runtime.CompilerServices;
using System.Text;

// The namespace of the package that this file replaces.
namespace VerifyNUnit;

/// <summary>
/// Replaces Verify.NUnit by default: same calls, and same files next to the tests. A text that differs from
/// <c>Class.Test.verified.txt</c> is written to <c>Class.Test.received.txt</c>; rename that file to accept it.
/// </summary>
internal static class Verifier
{
    public static async Task Verify(string target, string extension = "txt", [CallerFilePath] string sourceFile = "")
    {
        var test = TestContext.CurrentContext.Test;
        var stem = Path.Combine(Path.GetDirectoryName(sourceFile)!, $"{test.ClassName!.Split('.')[^1]}.{test.MethodName}");
        var (verified, received) = ($"{stem}.verified.{extension}", $"{stem}.received.{extension}");

        target = target.ReplaceLineEndings("\n");
        var expected = File.Exists(verified) ? (await File.ReadAllTextAsync(verified)).ReplaceLineEndings("\n") : null;
        if (expected == target)
        {
            File.Delete(received);
            return;
        }

        await File.WriteAllTextAsync(received, target, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        Assert.Fail($"The snapshot differs. To accept it: mv \"{received}\" \"{verified}\"\n{FirstDifference(expected, target)}");
    }

    private static string FirstDifference(string? expected, string actual)
    {
        if (expected is null) return "There is no verified snapshot yet.";
        var (before, after) = (expected.Split('\n'), actual.Split('\n'));
        var line = before.Zip(after).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"Line {line + 1}\n  verified: {before.ElementAtOrDefault(line) ?? "(end)"}\n  received: {after.ElementAtOrDefault(line) ?? "(end)"}";
    }
}
