using System.Text;
using System.Text.RegularExpressions;

namespace Croct.Export.Cli.Destinations.Stores;

/// <summary>The address of a place in object storage, as on the command line: <c>s3://bucket/prefix/</c> or <c>az://container/prefix/</c>.</summary>
/// <param name="Text">The address as on the command line. It contains no credentials.</param>
/// <param name="Scheme"><see cref="S3"/> or <see cref="Azure"/>.</param>
/// <param name="Container">The bucket or container.</param>
/// <param name="Prefix">What the names of all objects there begin with: empty, or with a slash at the end.</param>
internal sealed partial record StoreAddress(string Text, string Scheme, string Container, string Prefix)
{
    public const string S3 = "s3";
    public const string Azure = "az";

    /// <summary>The name of an object has at most 1,024 bytes, of which fewer than 300 are after the prefix.</summary>
    private const int MaxPrefixBytes = 700;

    /// <summary>Whether an output is meant as an address, of any scheme, and not as a file or folder.</summary>
    public static bool IsAddress(string output) => GetScheme(output) is not null;

    /// <exception cref="UsageException">
    /// It is not an address in object storage. The message contains the output only if that cannot contain a password.
    /// </exception>
    public static StoreAddress Parse(string output)
    {
        var scheme = GetScheme(output);
        var form = scheme switch
        {
            S3 => "s3://bucket/prefix/",
            Azure => "az://container/prefix/",
            _ => throw new UsageException(
                $"--output is an address that begins with {scheme}://. " +
                "It may be a file, a folder with a slash at the end, s3://bucket/prefix/, az://container/prefix/ or postgres://user@host/database."),
        };
        if (output.AsSpan(scheme.Length + 1).IndexOfAny("@:?#") >= 0)
        {
            throw new UsageException(
                $"--output is not of the form {form}: it contains @, :, ? or #. Credentials and endpoints come from the environment.");
        }

        if (!output.AsSpan(scheme.Length).StartsWith("://")) throw new UsageException($"--output '{output}' is not of the form {form}.");

        if (output[^1] != '/')
        {
            throw new UsageException($"--output '{output}' does not end with a slash: object storage has only datasets of parts. Pass '{output}/'.");
        }

        var (container, prefix) = output[(scheme.Length + 3)..].Split('/', 2) is [var first, var rest] ? (first, rest) : ("", "");
        if (scheme == S3 ? !Bucket().IsMatch(container) : !BlobContainer().IsMatch(container))
        {
            var word = scheme == S3 ? "bucket" : "container";
            throw new UsageException($"--output '{output}' is not of the form {form}: '{container}' cannot be the name of a {word}.");
        }

        var segments = prefix.Split('/')[..^1];
        if (Array.Exists(segments, segment => segment is "" or "." or ".." || segment.Any(character => character == '\\' || char.IsControl(character))))
        {
            throw new UsageException(
                $"--output '{output}' is not of the form {form}: no part of the prefix may be empty, '.' or '..', or contain '\\' or a control character.");
        }

        if (Encoding.UTF8.GetByteCount(prefix) > MaxPrefixBytes) throw new UsageException($"--output has a prefix longer than {MaxPrefixBytes} bytes.");
        return new StoreAddress(output, scheme, container, prefix);
    }

    /// <summary>Checks that the file of an option is not an address.</summary>
    /// <exception cref="UsageException">It is.</exception>
    public static void CheckIsFile(string option, string? path)
    {
        if (path is null || GetScheme(path) is not { } scheme) return;
        throw new UsageException($"{option} is an address ({scheme}:), but must be a local path. Only --output can be an address.");
    }

    private static string? GetScheme(string output) => Address().Match(output) is { Success: true } match ? match.Groups[1].Value.ToLowerInvariant() : null;

    /// <summary>Without its slashes, an address would be a folder of this machine.</summary>
    [GeneratedRegex("^([A-Za-z][A-Za-z0-9+.-]+(?=://)|[Ss]3(?=:)|[Aa][Zz](?=:))")]
    private static partial Regex Address();

    /// <summary>Compatible stores allow more than Amazon does.</summary>
    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$")]
    private static partial Regex Bucket();

    [GeneratedRegex(@"^(?=.{3,63}$)([a-z0-9]+(-[a-z0-9]+)*|\$root|\$web)$")]
    private static partial Regex BlobContainer();
}
