using System.Security.Cryptography;
using System.Text;
using Croct.Export.Checkpoints;

namespace Croct.Export;

/// <summary>
/// Keeps a checkpoint in its own file, which only its owner may read. A new checkpoint is written to a temporary file next to it, flushed to disk and
/// renamed, so that at any time the file contains either the old checkpoint or the new one. If the path is a symbolic link, its target is used. Only one
/// export at a time may use a file.
/// </summary>
/// <remarks>
/// The first line is <see cref="Checkpoint.ToJson"/>. The second line is its checksum, so that a modified checkpoint is refused and never used.
/// </remarks>
public sealed class FileCursorStore : ICursorStore
{
    private const string InvalidMessage = "It does not contain a checkpoint, or not the one that was saved.";

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string _path;

    /// <summary>Creates a store.</summary>
    /// <param name="path">The path of the file. Its folder must exist; the file itself need not.</param>
    /// <exception cref="ArgumentException">The path is null or blank.</exception>
    public FileCursorStore(string path)
    {
        if (string.IsNullOrWhiteSpace(path)) throw new ArgumentException("path was blank; it must name a file.", nameof(path));
        _path = Path.GetFullPath(path);
    }

    /// <inheritdoc/>
    /// <exception cref="ExportException">
    /// The file does not contain a valid checkpoint: it was modified by something else, or written by a newer version of this library.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read or is a folder, or its folder does not exist.</exception>
    public async ValueTask<Checkpoint?> LoadAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();

        // Fail now rather than after the first page has been stored.
        DurableFile.CheckPath(_path);
        var target = DurableFile.ResolveLinks(_path);
        if (!File.Exists(target)) return null;
        try
        {
            return ParseFile(Utf8.GetString(await ReadAsync(target, cancellationToken).ConfigureAwait(false)));
        }
        catch (Exception exception) when (exception is FormatException or DecoderFallbackException)
        {
            var reason = exception is FormatException ? exception.Message : InvalidMessage;
            throw new ExportException($"The cursor file '{_path}' cannot be used. {reason} Restore it, or delete it to start over.", exception);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">
    /// The checkpoint is null, or its cursor is blank, contains an unpaired surrogate, or takes more than 32 KiB in a URL, so that it cannot be sent.
    /// </exception>
    /// <exception cref="IOException">The file cannot be written. It still contains the old checkpoint.</exception>
    public ValueTask SaveAsync(Checkpoint checkpoint, CancellationToken cancellationToken = default)
    {
        if (checkpoint is null) throw new ArgumentNullException(nameof(checkpoint));
        if (checkpoint.Cursor is { } cursor && Validation.GetCursorOrIdFault(cursor) is { } fault)
        {
            throw new ArgumentException($"cursor {fault}; only a cursor that can be sent can be saved.", nameof(checkpoint));
        }

        cancellationToken.ThrowIfCancellationRequested();

        // Not cancellable from here on: the file has only a few bytes.
        var json = checkpoint.ToJson();
        DurableFile.Replace(_path, Utf8.GetBytes($"{json}\n{ComputeChecksum(json)}\n"));
        return default;
    }

    /// <summary>Returns the path of the file, in quotes.</summary>
    public override string ToString() => $"'{_path}'";

    private static Checkpoint ParseFile(string text)
    {
        var lines = text.Split('\n');
        return lines.Length == 3 && lines[2].Length == 0 && lines[1] == ComputeChecksum(lines[0])
            ? Checkpoint.Parse(lines[0])
            : throw new FormatException(InvalidMessage);
    }

    private static string ComputeChecksum(string json)
    {
#if NET
        var hash = SHA256.HashData(Utf8.GetBytes(json));
#else
        using var sha256 = SHA256.Create();
        var hash = sha256.ComputeHash(Utf8.GetBytes(json));
#endif
        return $"sha256 {Convert.ToBase64String(hash)}";
    }

    private static async Task<byte[]> ReadAsync(string path, CancellationToken cancellationToken)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var content = new MemoryStream();
        await file.CopyToAsync(content, 4096, cancellationToken).ConfigureAwait(false);
        return content.ToArray();
    }
}
